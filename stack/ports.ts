import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect, createServer } from 'node:net';

/**
 * Free ports on the loopback address. They are drawn below the range from which systems take the
 * local end of outgoing connections, so that a chosen port stays free until its server opens it.
 */

const LOWEST = 20_000;
const BEYOND_HIGHEST = 32_000;
/** The ports chosen by this process, each with what reserves it. */
const handedOut = new Map<number, Socket | undefined>();

/** Whether nothing listens on `port` of 127.0.0.1 and a server could. */
export async function isPortFree(port: number): Promise<boolean> {
  return !(await answers(port)) && (await canListen(port));
}

/**
 * A port nothing listens on: `preferred` when that is free, else any. The same port is not handed out
 * twice, neither by one process nor by two that start at the same time.
 */
export async function freePort(preferred?: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port =
      attempt === 0 && preferred !== undefined ? preferred : randomInt(LOWEST, BEYOND_HIGHEST);
    if (handedOut.has(port)) continue;
    handedOut.set(port, undefined);
    const reservation = await reserve(port);
    handedOut.set(port, reservation);
    if (reservation && (await isPortFree(port))) return port;
    reservation?.close();
    handedOut.delete(port);
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
  if (!handedOut.has(port)) handedOut.set(port, await reserve(port));
  return port;
}

/**
 * Keeps other starts from choosing a port that is opened only seconds later. Nobody speaks UDP here: the
 * socket of the same number is a sign between starts, which ends with the process however that ends.
 * @returns undefined where somebody else has it
 */
function reserve(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.unref();
    // A system that has no such sockets does not keep anybody from starting.
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' ? undefined : socket),
    );
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(socket));
  });
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
