import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way to a CMS that counts what is asked, and can be shut. */
export interface CmsGate {
  url: string;
  /** Where it leads; until it is told, and while it is shut, the CMS is away. */
  leadTo(url: string): void;
  shut(): void;
  open(): void;
  /** Questions about preferences so far, by kind, also those that met a shut gate. */
  questions(): { by_user: number; bulk: number; people: number };
  close(): Promise<void>;
}

/** On a free port of 127.0.0.1. */
export async function cmsGate(): Promise<CmsGate> {
  const counts = { by_user: 0, bulk: 0, people: 0 };
  let target: URL | undefined;
  let isOpen = true;
  const server = createServer(async (asked, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    count(asked.url ?? '', body);
    if (!target || !isOpen) {
      asked.socket.destroy();
      return;
    }
    const { hostname, port } = target;
    const { method, url: path, headers } = asked;
    const onward = forward({ hostname, port, method, path, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => asked.socket.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function count(path: string, body: Buffer): void {
    if (path.includes('/by-user/')) {
      counts.by_user += 1;
      counts.people += 1;
    } else if (path.endsWith('/bulk-get')) {
      counts.bulk += 1;
      counts.people += (JSON.parse(body.toString()) as { users: unknown[] }).users.length;
    }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (url) => {
      target = new URL(url);
    },
    shut: () => {
      isOpen = false;
    },
    open: () => {
      isOpen = true;
    },
    questions: () => ({ ...counts }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
