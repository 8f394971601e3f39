import { connect, type Socket } from 'node:net';

/**
 * Requests over kept-alive connections, one at a time on each. Bytes are written and read without an
 * HTTP client, which would cost more than the fast one of the two servers does.
 */

export interface Target {
  url: string;
  token: string;
}

export interface Question {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
}

interface Connection {
  /** @returns the body. @throws where the answer is not 200, or the connection ends */
  ask(question: Question): Promise<string>;
  close(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const OK = Buffer.from('HTTP/1.1 200 ');
const LENGTH = /\r\ncontent-length: (\d+)/i;

/** Opens one connection. */
export async function open({ url, token }: Target): Promise<Connection> {
  const { hostname, port, host } = new URL(url);
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let waiting: { resolve: (body: string) => void; reject: (error: Error) => void } | null = null;
  let received = Buffer.alloc(0);

  const settle = (): void => {
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const length = LENGTH.exec(received.toString('latin1', 0, headEnd + 2))?.[1];
    const end = headEnd + HEAD_END.length + Number(length ?? Number.NaN);
    if (length !== undefined && received.length < end) return;
    const answer = received;
    received = Buffer.alloc(0);
    const asked = waiting;
    waiting = null;
    if (length === undefined) asked?.reject(new Error('an answer came without its length'));
    else if (!answer.subarray(0, OK.length).equals(OK))
      asked?.reject(new Error(`not answered with 200: ${answer.toString()}`));
    else asked?.resolve(answer.toString('utf8', headEnd + HEAD_END.length, end));
  };
  socket.on('data', (part) => {
    received = received.length === 0 ? part : Buffer.concat([received, part]);
    settle();
  });
  const fail = (error?: Error) => waiting?.reject(error ?? new Error('the connection was closed'));
  socket.on('error', fail).on('close', () => fail());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });

  return {
    ask: ({ method, path, body }) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        const lines = [
          `${method} ${path} HTTP/1.1`,
          `Host: ${host}`,
          `Authorization: Bearer ${token}`,
        ];
        if (body !== undefined)
          lines.push(
            'Content-Type: application/json',
            `Content-Length: ${Buffer.byteLength(body)}`,
          );
        socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
      }),
    close: () => socket.destroy(),
  };
}

/**
 * Asks without pause for some time.
 * @param next the next question
 * @returns answers per second
 * @throws at the first answer that is not 200
 */
export async function answersPerSecond(
  target: Target,
  next: () => Question,
  { seconds, connections }: { seconds: number; connections: number },
): Promise<number> {
  const lanes = await Promise.all(Array.from({ length: connections }, () => open(target)));
  const began = performance.now();
  const end = began + seconds * 1000;
  let answered = 0;
  try {
    await Promise.all(
      lanes.map(async ({ ask }) => {
        while (performance.now() < end) {
          await ask(next());
          answered += 1;
        }
      }),
    );
  } finally {
    for (const lane of lanes) lane.close();
  }
  return answered / ((performance.now() - began) / 1000);
}
