import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRedisServer } from './redis-server.ts';

let bin: string;
beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'tidings-bin-'));
});
afterEach(() => rm(bin, { recursive: true }));

async function program(name: string, script = 'exit 0'): Promise<string> {
  const file = join(bin, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

const find = (isRoot = false, log: string[] = []) =>
  findRedisServer({ platform: 'linux', isRoot, path: bin }, '/data/redis', 7001, (line) => {
    log.push(line);
  });

test('redis-server is preferred, valkey-server will do', async () => {
  const valkey = await program('valkey-server');
  expect(await find()).toMatchObject({ command: valkey, port: 7001, bind: '127.0.0.1' });
  const redis = await program('redis-server');
  expect(await find()).toMatchObject({ command: redis });
});

test('with nothing to be had, the message holds the command that would install it', async () => {
  await expect(find(true)).rejects.toThrow(
    'Install it with `sudo apt-get install redis-server`, or set REDIS_URL',
  );
  await program('dnf');
  await expect(find()).rejects.toThrow('sudo dnf install redis');
});

test('root on Debian has it installed, and is told', async () => {
  const server = join(bin, 'redis-server');
  await program('apt-get', `echo "$@" >> ${bin}/calls; printf '' > ${server}; chmod 755 ${server}`);
  const log: string[] = [];
  expect(await find(true, log)).toMatchObject({ command: server });
  expect(log.join()).toContain('apt-get install redis-server');
  expect(await readFile(join(bin, 'calls'), 'utf8')).toContain('redis-server');
});

test('an ordinary user never has anything installed', async () => {
  await program('apt-get', `touch ${bin}/called`);
  await expect(find(false)).rejects.toThrow('Redis cannot be started');
  await expect(readFile(join(bin, 'called'))).rejects.toThrow('ENOENT');
});

test('Docker is used only where its engine answers', async () => {
  await program('docker', 'exit 1');
  await expect(find()).rejects.toThrow('no Docker engine answers');
  const docker = await program('docker');
  const found = await find();
  expect(found).toMatchObject({ command: docker, dir: '/data', port: 6379 });
  expect(found.args).toContain('127.0.0.1:7001:6379');
});
