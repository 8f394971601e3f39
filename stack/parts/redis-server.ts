import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { onPath } from './on-path.ts';

/** Where a Redis server comes from: no npm package ships one. */

const exec = promisify(execFile);
const IMAGE = 'redis:7.4-alpine';

/** How to run a Redis server: its own arguments follow `args`. */
export interface RedisCommand {
  command: string;
  args: string[];
  /** The folder and port as the server itself sees them; they differ in a container. */
  dir: string;
  port: number;
  bind: string;
}

/** What the choice depends on; the parts of this machine that matter. */
export interface Machine {
  platform: NodeJS.Platform;
  isRoot: boolean;
  path: string | undefined;
}

/**
 * Finds `redis-server` or `valkey-server` on PATH; else installs it with apt where we are root on
 * Debian or Ubuntu; else uses Docker where an engine answers.
 * @throws with the command that would install it, when none of these can be had
 */
export async function findRedisServer(
  machine: Machine,
  dir: string,
  port: number,
  log: (line: string) => void,
): Promise<RedisCommand> {
  const native = { args: [], dir, port, bind: '127.0.0.1' };
  const installed = () =>
    onPath('redis-server', machine.path) ?? onPath('valkey-server', machine.path);
  const found = installed() ?? ((await installWithApt(machine, log)) ? installed() : undefined);
  if (found) return { command: found, ...native };

  const docker = onPath('docker', machine.path);
  if (docker && (await answers(docker))) {
    log(`redis: no redis-server on PATH, running ${IMAGE} with Docker`);
    return inDocker(docker, dir, port);
  }
  throw new Error(
    `Redis cannot be started: neither redis-server nor valkey-server is on PATH and no Docker engine answers. Install it with \`${installCommand(machine)}\`, or set REDIS_URL to a server you have.`,
  );
}

/** The command that installs Redis on this machine. */
function installCommand({ platform, path }: Machine): string {
  if (platform === 'darwin') return 'brew install redis';
  if (platform === 'win32') return 'wsl --install, then in it: sudo apt-get install redis-server';
  if (onPath('dnf', path)) return 'sudo dnf install redis';
  if (onPath('apk', path)) return 'sudo apk add redis';
  if (onPath('pacman', path)) return 'sudo pacman -S valkey';
  if (onPath('zypper', path)) return 'sudo zypper install redis';
  return 'sudo apt-get install redis-server';
}

async function installWithApt(machine: Machine, log: (line: string) => void): Promise<boolean> {
  const apt = onPath('apt-get', machine.path);
  if (!apt || !machine.isRoot || machine.platform !== 'linux') return false;
  log('redis: not installed; running `apt-get install redis-server`');
  // RUNLEVEL=1 keeps the package from starting a server of its own on the default port.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await exec(apt, ['update', '-q'], { env });
    await exec(apt, ['install', '-q', '-y', '--no-install-recommends', 'redis-server'], { env });
    return true;
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? '';
    log(`redis: apt-get could not install it. ${reason}`);
    return false;
  }
}

async function answers(docker: string): Promise<boolean> {
  return exec(docker, ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

async function inDocker(docker: string, dir: string, port: number): Promise<RedisCommand> {
  const name = `tidings-redis-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;
  await exec(docker, ['rm', '--force', name]).catch(() => undefined);
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const options = ['--rm', '--name', name, '--user', user];
  const mapping = ['--publish', `127.0.0.1:${port}:6379`, '--volume', `${dir}:/data`];
  return {
    command: docker,
    args: ['run', ...options, ...mapping, IMAGE, 'redis-server'],
    dir: '/data',
    port: 6379,
    bind: '0.0.0.0',
  };
}
