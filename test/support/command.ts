import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { typescriptEntry } from '../../stack/processes/child.ts';

/** How a command for operators ended. */
export interface CommandEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `tidings` from source, as a process of its own. @param nodeOptions such as a limit of memory */
export const runTidings = (
  env: Record<string, string>,
  args: string[],
  nodeOptions: string[] = [],
): Promise<CommandEnd> => runEntry('src/tidings.ts', env, args, nodeOptions);

/** The same for any file of the repository that is a command; it gets these variables only. */
export function runEntry(
  file: string,
  env: Record<string, string>,
  args: string[] = [],
  nodeOptions: string[] = [],
): Promise<CommandEnd> {
  const entry = typescriptEntry(new URL(`../../${file}`, import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(
      entry.command,
      [...nodeOptions, ...entry.args, ...args],
      {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { PATH: process.env.PATH, ...env },
        maxBuffer: 64 * 1024 * 1024,
      },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
