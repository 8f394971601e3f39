import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { freePort, isPortFree, portFor } from './ports.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function occupy(port: number): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}

test('a preferred port is taken when free, another one when not', async () => {
  const preferred = await freePort();
  expect(await isPortFree(preferred)).toBe(true);
  const next = await occupy(await freePort());
  const chosen = await freePort(next);
  expect(chosen).not.toBe(next);
  expect(await isPortFree(chosen)).toBe(true);
});

test('no port is handed out twice', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  expect(new Set(ports).size).toBe(20);
});

test('a port that is asked for is used as it is, or refused by the name of its variable', async () => {
  const free = await freePort();
  expect(await portFor('PORT', String(free), 8000)).toBe(free);
  const taken = await occupy(await freePort());
  await expect(portFor('PORT', String(taken))).rejects.toThrow(`PORT asks for port ${taken}`);
  await expect(portFor('PORT', 'eighty')).rejects.toThrow('PORT must be a port number');
});

test('starts of the same second choose different ports', { timeout: 30_000 }, async () => {
  const wanted = await freePort();
  const module = JSON.stringify(new URL('./ports.ts', import.meta.url).href);
  const script = `const { freePort } = await import(${module});
    console.log(await freePort(${wanted + 1}));
    process.stdin.resume();`;
  const tsx = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script];
  const starts = [1, 2].map(() => spawn(process.execPath, tsx));
  try {
    const outputs = starts.map((start) => {
      const seen = { text: '' };
      start.stdout.on('data', (chunk) => {
        seen.text += chunk;
      });
      return seen;
    });
    const said = () => outputs.map(({ text }) => Number.parseInt(text, 10));
    await vi.waitFor(() => expect(said().every(Number.isInteger)).toBe(true), { timeout: 25_000 });
    expect(new Set(said()).size).toBe(2);
  } finally {
    for (const start of starts) start.kill();
  }
});
