import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installStrapi } from './strapi-install.ts';

/** The real npm, on applications that need nothing from a registry. */

let application: string;
let told: string[];

const log = (line: string) => void told.push(line);

/** An application of this version, with the lock file that belongs to it. */
async function anApplication(version: string) {
  const about = { name: 'an-application', version };
  const lock = { ...about, lockfileVersion: 3, requires: true, packages: { '': about } };
  await writeFile(join(application, 'package.json'), JSON.stringify(about));
  await writeFile(join(application, 'package-lock.json'), JSON.stringify(lock));
}

beforeEach(async () => {
  application = await mkdtemp(join(tmpdir(), 'tidings-install-'));
  told = [];
});
afterEach(() => rm(application, { recursive: true, force: true }));

test('what a lock file says is installed once, and anew when the lock file is another', async () => {
  await anApplication('1.0.0');
  const command = await installStrapi(application, log);
  expect(command).toBe(join(application, 'node_modules/@strapi/strapi/bin/strapi.js'));
  expect(told).toEqual([expect.stringContaining(application)]);

  await installStrapi(application, log);
  expect(told).toHaveLength(1);

  await anApplication('1.0.1');
  await installStrapi(application, log);
  expect(told).toHaveLength(2);
});

test('a lock file that does not belong to the application is refused, and not taken for installed', async () => {
  await anApplication('1.0.0');
  const about = JSON.parse(await readFile(join(application, 'package.json'), 'utf8'));
  await writeFile(
    join(application, 'package.json'),
    JSON.stringify({ ...about, dependencies: { missing: 'file:missing' } }),
  );
  const refused = /could not be installed.*lock file/s;
  await expect(installStrapi(application, log)).rejects.toThrow(refused);
  await expect(installStrapi(application, log)).rejects.toThrow(refused);
});
