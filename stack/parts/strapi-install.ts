import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Installs the Strapi application as its lock file says, unless that very lock file is what was
 * installed last: 750 MB, so never with the project itself.
 * @param application its folder
 * @returns the script that is the `strapi` command
 * @throws with the beginning of what npm said, where it names the cause
 */
export async function installStrapi(
  application: string,
  log: (line: string) => void,
): Promise<string> {
  const modules = join(application, 'node_modules');
  const command = join(modules, '@strapi/strapi/bin/strapi.js');
  const lock = await readFile(join(application, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  // Written when all is there, so an interrupted installation has none.
  const stamp = join(modules, '.installed-lock');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return command;
  log(`cms: installing Strapi once (750 MB, some minutes) into ${modules}`);
  try {
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: application,
      shell: process.platform === 'win32',
    });
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(
      `Strapi could not be installed in ${application}: ${stderr.trim().slice(0, 2000) || message}`,
    );
  }
  await mkdir(modules, { recursive: true });
  await writeFile(stamp, wanted);
  return command;
}
