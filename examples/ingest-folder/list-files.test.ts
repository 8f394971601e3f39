import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listFiles } from './list-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'list-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('everything that is not a folder is listed, hidden files and dangling links too', async () => {
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'a', 'b', 'deep 🦉.txt'), 'x');
  await writeFile(join(folder, '.hidden'), '');
  await symlink('nowhere', join(folder, 'gone.txt'));
  await symlink('..', join(folder, 'a', 'up'));
  const names = (await listFiles(folder)).map((file) => file.name);
  expect(names).toEqual(['.hidden', 'a/b/deep 🦉.txt', 'a/up', 'gone.txt']);
});

test('a folder that is missing or is a file is an error that names it', async () => {
  await writeFile(join(folder, 'file'), '');
  for (const name of ['file', 'missing'])
    await expect(listFiles(join(folder, name))).rejects.toThrow(`${name} is not a folder`);
});
