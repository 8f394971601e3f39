import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runAs, unprivilegedAccount } from './unprivileged.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nobody-enters-'));
  await chmod(folder, 0o700);
});
afterEach(() => rm(folder, { recursive: true }));

const ROOT = process.getuid?.() === 0;

it.runIf(ROOT)(
  'lets the account into a folder that only root may enter, and is not root',
  async () => {
    const file = join(folder, 'program');
    await writeFile(file, '', { mode: 0o755 });
    const account = (await unprivilegedAccount())!;
    // As Postgres looks for its own programs: whether the account itself may, not the process.
    const script = `fs.accessSync(${JSON.stringify(file)}, fs.constants.X_OK); process.stdout.write(String(process.getuid()))`;
    const { command, args, ...as } = runAs(account, process.execPath, ['-e', script], file);
    const { stdout } = await promisify(execFile)(command, args, as);
    expect(stdout).toBe(String(account.uid));
  },
);

it('leaves the command as it is where this process is not root', () => {
  const expected = { command: 'postgres', args: ['-D', 'data'] };
  expect(runAs(undefined, 'postgres', ['-D', 'data'], folder)).toEqual(expected);
});
