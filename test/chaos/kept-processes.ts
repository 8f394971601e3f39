import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from '../../stack/processes/child.ts';
import { typescriptEntry } from '../../stack/processes/child.ts';
import type { Group } from '../../stack/processes/group.ts';

/** A process of Tidings that is started again whenever it ends, as a container engine would. */
export interface KeptProcess {
  name: string;
  /** Sends a signal to the process, if one runs. */
  signal(signal: NodeJS.Signals): void;
  /** The health route of the process. */
  healthUrl: string;
  /** Ends that nobody asked for although the process had been up. */
  lapses: string[];
  starts: number;
  /** Lets the process end without another start. */
  release(): void;
}

export interface KeptSpec {
  name: string;
  entry: string;
  args?: string[];
  env: Record<string, string>;
  healthUrl: string;
}

/** Pause before a new start, in milliseconds. */
const RESTART_MS = 200;
const ASKED_FOR = new Set<NodeJS.Signals>(['SIGKILL', 'SIGTERM']);

/** Starts the process and keeps it running; does not wait until it is ready. */
export function keepRunning(group: Group, spec: KeptSpec): KeptProcess {
  let child: Child | undefined;
  let released = false;
  let askedToEnd = false;
  const kept: KeptProcess = {
    name: spec.name,
    healthUrl: spec.healthUrl,
    lapses: [],
    starts: 0,
    signal(signal) {
      if (!child) return;
      if (ASKED_FOR.has(signal)) askedToEnd = true;
      process.kill(child.pid, signal);
    },
    release() {
      released = true;
    },
  };

  async function keep() {
    while (!released) {
      kept.starts += 1;
      askedToEnd = false;
      const { command, args } = typescriptEntry(new URL(spec.entry, import.meta.url));
      const run = await group.run({
        name: `${spec.name}.${kept.starts}`,
        command,
        args: [...args, ...(spec.args ?? [])],
        env: spec.env,
      });
      child = run;
      const how = await run.ended;
      child = undefined;
      if (!askedToEnd && !released) await recordLapse(run, how);
      await pause(RESTART_MS);
    }
  }

  /** Without its database a process may end while it starts; once it is up it has to stay. */
  async function recordLapse(run: Child, how: string) {
    const log = await readFile(run.logFile, 'utf8');
    if (!/(api|workers) started/.test(log)) return;
    kept.lapses.push(
      `${run.name} ${how} by itself:\n${log.trim().split('\n').slice(-8).join('\n')}`,
    );
  }

  void keep().catch((error: unknown) => {
    if (!released) kept.lapses.push(`${spec.name} could not be started: ${error}`);
  });
  return kept;
}
