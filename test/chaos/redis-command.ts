import { connect } from 'node:net';

/**
 * Gives Redis one command over a connection of its own.
 * @throws when Redis answers with an error or not within two seconds
 */
export function askRedis(port: number, words: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () =>
      socket.write(`${words.join(' ')}\r\n`),
    );
    const fail = (why: string) => {
      socket.destroy();
      reject(new Error(`redis ${words[0]}: ${why}`));
    };
    socket.setTimeout(2000, () => fail('no answer'));
    socket.once('error', (error) => fail(error.message));
    socket.once('close', () => fail('the connection was lost'));
    socket.once('data', (answer) => {
      const text = answer.toString().trim();
      if (text !== '+OK') return fail(text);
      socket.destroy();
      resolve();
    });
  });
}
