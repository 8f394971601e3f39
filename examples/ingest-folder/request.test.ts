import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { request } from './request.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function serve(listener: RequestListener) {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { name: 'Tidings', baseUrl: `http://127.0.0.1:${port}`, token: 'secret' };
}
const question = { path: '/x', answer: z.object({ ok: z.literal(true) }) };

test('"later" and a lost connection are waited for, and the same body is sent again', async () => {
  const bodies: string[] = [];
  const service = await serve((incoming, response) => {
    let body = '';
    incoming.on('data', (data) => (body += data));
    incoming.on('end', () => {
      bodies.push(body);
      if (bodies.length === 1) return response.writeHead(503).end();
      if (bodies.length === 2) return incoming.socket.destroy();
      return response.end('{"ok":true}');
    });
  });
  const posted = { ...question, method: 'POST' as const, body: { event_id: 'one' } };
  expect(await request(service, posted)).toEqual({ ok: true });
  expect(bodies).toEqual(Array(3).fill('{"event_id":"one"}'));
});

test('a Retry-After is obeyed', async () => {
  const times: number[] = [];
  const service = await serve((_incoming, response) => {
    times.push(performance.now());
    if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end();
    else response.end('{"ok":true}');
  });
  await request(service, question);
  expect(times[1]! - times[0]!).toBeGreaterThan(950);
});

test('a refusal is final and told, without the key', async () => {
  let asked = 0;
  const service = await serve((_incoming, response) => {
    asked += 1;
    response.writeHead(400).end('{"title":"Invalid request"}');
  });
  const refused = request(service, question);
  await expect(refused).rejects.toThrow(
    'Tidings (GET /x) answered 400: {"title":"Invalid request"}',
  );
  await expect(refused).rejects.not.toThrow('secret');
  expect(asked).toBe(1);
});

test('an answer of another shape is an error that says where', async () => {
  const service = await serve((_incoming, response) => response.end('{"ok":1}'));
  await expect(request(service, question)).rejects.toThrow('another shape than expected: ok');
});
