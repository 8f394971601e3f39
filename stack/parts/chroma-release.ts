import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Which Chroma server runs here. The native part of the current `chromadb` package needs glibc
 * 2.38; Debian 12 has 2.36, where an older release of the same server runs.
 */

const GLIBC_NEEDED = [2, 38] as const;
const OLDER = { client: 'chromadb@3.0.3', server: '1.0.1' };

/** What decides: platform, architecture and the C library's version, absent where it is not glibc. */
export interface ChromaMachine {
  platform: NodeJS.Platform;
  arch: string;
  glibc?: string;
}

/** This machine's. */
export function thisMachine(): ChromaMachine {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return { platform: process.platform, arch: process.arch, glibc: header.glibcVersionRuntime };
}

/**
 * `installed` where the package in node_modules runs, else the packages that do.
 * @throws where no release runs
 */
export function chromaRelease({
  platform,
  arch,
  glibc,
}: ChromaMachine): 'installed' | { packages: string[] } {
  if (platform !== 'linux') return 'installed';
  if (!glibc)
    throw new Error(
      'Chroma cannot be started: its server needs glibc, which this Linux does not have. Run `docker run -p 8100:8000 chromadb/chroma` and set CHROMA_URL=http://127.0.0.1:8100, or use a Debian or Ubuntu based image.',
    );
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  if (major > GLIBC_NEEDED[0] || (major === GLIBC_NEEDED[0] && minor >= GLIBC_NEEDED[1]))
    return 'installed';
  return {
    packages: [OLDER.client, `chromadb-js-bindings-linux-${arch}-gnu@${OLDER.server}`],
  };
}

/** The script that is the `chroma` command, installed first where that is needed. */
export async function chromaCommand(
  machine: ChromaMachine,
  log: (line: string) => void,
  cache = cacheFolder(),
): Promise<string> {
  const release = chromaRelease(machine);
  const require = createRequire(import.meta.url);
  if (release === 'installed')
    return join(dirname(require.resolve('chromadb/package.json')), 'dist', 'cli.mjs');
  const folder = join(cache, `chroma-${OLDER.server}-${machine.arch}`);
  if (!existsSync(folder)) {
    log(
      `chroma: this system has glibc ${machine.glibc}, the current server needs ${GLIBC_NEEDED.join('.')}; installing an older one once (108 MB download) into ${folder}`,
    );
    await install(release.packages, folder);
  }
  return join(folder, 'node_modules', 'chromadb', 'dist', 'cli.mjs');
}

/** Installs beside the target and renames, so that the target is whole or absent; the first wins. */
async function install(packages: string[], folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}.new-`);
  try {
    await writeFile(join(draft, 'package.json'), '{ "private": true }\n');
    const options = ['--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts'];
    await promisify(execFile)('npm', ['install', '--prefix', draft, ...options, ...packages], {
      cwd: draft,
    });
    await rename(draft, folder);
  } catch (error) {
    if (existsSync(folder)) return;
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(
      `Chroma cannot be started: installing it failed. ${(stderr || message).trim().split('\n').slice(-3).join(' ')}\nTry \`npm install --prefix ${folder} ${packages.join(' ')}\`, or set CHROMA_URL to a server you have.`,
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'tidings');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tidings');
}
