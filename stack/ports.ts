import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/**
 * Free ports on the loopback address. They are drawn below the range from which systems take the
 * local end of outgoing connections, so that a chosen port stays free until its server opens it.
 */

const LOWEST = 20_000;
const BEYOND_HIGHEST = 32_000;
const handedOut = new Set<number>();

/** Whether nothing listens on `port` of 127.0.0.1 and a server could. */
export async function isPortFree(port: number): Promise<boolean> {
  return !(await answers(port)) && (await canListen(port));
}

/**
 * A port nothing listens on: `preferred` when that is free, else any. The same port is not handed
 * out twice by one process.
 */
export async function freePort(preferred?: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port =
      attempt === 0 && preferred !== undefined ? preferred : randomInt(LOWEST, BEYOND_HIGHEST);
    if (handedOut.has(port) || !(await isPortFree(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error('No free TCP port was found on 127.0.0.1 between 20000 and 32000.');
}

/**
 * The port a variable asks for, exactly; or, where it asks for none, `preferred` if free, else any.
 * @throws when the variable names a port that is taken or is not a port
 */
export async function portFor(variable: string, given: string | undefined, preferred?: number) {
  if (!given) return freePort(preferred);
  const port = Number(given);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${variable} must be a port number from 0 to 65535.`);
  if (port === 0) return freePort();
  if (!(await isPortFree(port)))
    throw new Error(
      `${variable} asks for port ${port}, which another program uses. Stop that program, set ${variable} to another port, or unset it to have a free one chosen.`,
    );
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.setTimeout(1000, () => finish(true));
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}
