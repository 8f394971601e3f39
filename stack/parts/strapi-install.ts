import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Installs the Strapi application where it is not: 750 MB, so never with the project itself.
 * @param application its folder
 * @returns the script that is the `strapi` command
 * @throws with the end of what npm said
 */
export async function installStrapi(
  application: string,
  log: (line: string) => void,
): Promise<string> {
  const modules = join(application, 'node_modules');
  const command = join(modules, '@strapi/strapi/bin/strapi.js');
  // npm writes this file last, so an interrupted installation has none.
  if (existsSync(join(modules, '.package-lock.json'))) return command;
  log(`cms: installing Strapi once (750 MB, some minutes) into ${modules}`);
  try {
    await promisify(execFile)(
      'npm',
      ['install', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'],
      { cwd: application, shell: process.platform === 'win32' },
    );
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(
      `Strapi could not be installed in ${application}: ${stderr.trim().slice(-2000) || message}`,
    );
  }
  return command;
}
