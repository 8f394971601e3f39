import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { onPath } from './on-path.ts';

/** Postgres refuses to run as root; started by root, it runs as the account `nobody`. */

export interface Account {
  uid: number;
  gid: number;
}

/** The account to run as when this process is root, undefined when it is not. */
export async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) =>
    Number((await promisify(execFile)('id', [flag, 'nobody'])).stdout.trim());
  return { uid: await id('-u'), gid: await id('-g') };
}

/**
 * The command line and account with which to run `command`, which works in `folder`. Where the
 * account may not enter the folders on the way, as below root's own home, the program is given the
 * one capability to do so.
 */
export function runAs(
  account: Account | undefined,
  command: string,
  args: string[],
  folder: string,
): { command: string; args: string[]; uid?: number; gid?: number } {
  if (!account) return { command, args };
  if (othersMayEnter(command) && othersMayEnter(folder)) return { command, args, ...account };
  const setpriv = onPath('setpriv');
  if (!setpriv)
    throw new Error(
      `Postgres cannot run as root, and the account it runs as instead may not enter ${dirname(folder)}. Run as an ordinary user, or move the project to a folder others may enter.`,
    );
  const grant = [
    // Otherwise access(2), by which Postgres looks for its own programs, would leave the capability out.
    '--securebits=+no_setuid_fixup',
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ];
  return { command: setpriv, args: [...grant, command, ...args] };
}

function othersMayEnter(path: string): boolean {
  const folder = dirname(path);
  if (folder === path) return true;
  return (statSync(folder).mode & 0o001) !== 0 && othersMayEnter(folder);
}
