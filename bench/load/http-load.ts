import { connect, type Socket } from 'node:net';
import { answerOrders } from '../helper.ts';
import { numberedBodies } from './bodies.ts';

/**
 * Entry of the HTTP load generator. It keeps every connection busy with one request at a time over
 * bare sockets, because a full client costs more than the servers it is to measure. Answers are
 * counted by status, and read to their last byte.
 */

export interface HttpLoad {
  port: number;
  method: 'GET' | 'POST';
  path: string;
  key: string;
  connections: number;
  requests: number;
  /** Bodies of numbered events, from `first` on. */
  events?: { prefix: string; perRequest: number; first: number };
}

export interface HttpLoadResult {
  /** Requests answered, by status. */
  statuses: Record<string, number>;
  requests: number;
  /** From the first request to the last answer. */
  seconds: number;
  /** Milliseconds, of every answer. */
  p50: number;
  p99: number;
}

answerOrders(run);

async function run(load: HttpLoad): Promise<HttpLoadResult> {
  const next = requests(load);
  const statuses: Record<string, number> = {};
  const took: number[] = [];
  const sockets = await Promise.all(
    Array.from({ length: load.connections }, () => open(load.port)),
  );
  const began = performance.now();
  let left = load.requests;
  const another = () => left-- > 0;
  await Promise.all(
    sockets.map((socket) =>
      keepBusy(socket, next, another, (status, ms) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
        took.push(ms);
      }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? 0;
  return { statuses, requests: took.length, seconds, p50: at(0.5), p99: at(0.99) };
}

/** Writes the next request. A body is copied by the kernel before the next one overwrites it. */
function requests({ method, path, key, port, events }: HttpLoad): (socket: Socket) => void {
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${key}`,
  ];
  if (!events) {
    const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
    return (socket) => void socket.write(request);
  }
  const body = numberedBodies(events.prefix, events.perRequest, events.first);
  const length = numberedBodies(events.prefix, events.perRequest, 0)().length;
  const lines = [...head, 'Content-Type: application/json', `Content-Length: ${length}`];
  const start = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  return (socket) => void socket.write(Buffer.concat([start, body()]));
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function keepBusy(
  socket: Socket,
  send: (socket: Socket) => void,
  another: () => boolean,
  onAnswer: (status: string, ms: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let status = '';
    let missing = 0;
    let head: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    const begin = () => {
      sent = performance.now();
      status = '';
      send(socket);
    };
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
    socket.on('data', (chunk: Buffer) => {
      if (status) missing -= chunk.length;
      else {
        head = head.length ? Buffer.concat([head, chunk]) : chunk;
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        const text = head.toString('latin1', 0, end);
        status = text.slice(9, 12);
        missing = contentLength(text) - (head.length - end - 4);
        head = Buffer.alloc(0);
      }
      if (missing > 0) return;
      onAnswer(status, performance.now() - sent);
      if (another()) return begin();
      socket.removeAllListeners('close');
      socket.destroy();
      resolve();
    });
    another();
    begin();
  });
}

function contentLength(head: string): number {
  const found = /\r\ncontent-length: (\d+)/i.exec(head);
  if (!found) throw new Error(`an answer without Content-Length: ${head.slice(0, 200)}`);
  return Number(found[1]);
}
