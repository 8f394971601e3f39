import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Moment } from '../support/smtp-faults.ts';
import type { HttpProxy, HttpWeather } from './http-proxy.ts';
import type { KeptProcess } from './kept-processes.ts';
import type { Random } from './random.ts';
import { askRedis } from './redis-command.ts';
import type { Restartable } from './restartable.ts';
import type { PlannedFault } from './schedule.ts';
import { SMTP_TIMEOUT_SECONDS, type World } from './world.ts';

/** Takes a fault away again. */
type Heal = () => void | Promise<void>;
const nothing: Heal = () => undefined;

/** Lets one planned fault happen. */
export async function inject(world: World, fault: PlannedFault, random: Random): Promise<Heal> {
  const { kind } = fault;
  switch (fault.part) {
    case 'api':
      return onProcess(world.api, kind);
    case 'worker':
      return onProcess(world.workers[fault.nth]!, kind);
    case 'postgres':
      return onPostgres(world.postgres, kind);
    case 'redis':
      return onRedis(world.redis, kind);
    case 'smtp':
      return onSmtp(world, kind, random);
    case 'cms':
    case 's3':
    case 'chroma':
      return onHttp(world[fault.part], kind);
  }
}

function onProcess(process: KeptProcess, kind: string): Heal {
  if (kind === 'frozen') {
    process.signal('SIGSTOP');
    return () => process.signal('SIGCONT');
  }
  process.signal(kind === 'killed' ? 'SIGKILL' : 'SIGTERM');
  return nothing;
}

async function onHttp(proxy: HttpProxy, kind: string): Promise<Heal> {
  if (kind === 'gone') {
    await proxy.refuse();
    return proxy.listen;
  }
  proxy.weather(kind as HttpWeather);
  return () => proxy.weather('pass');
}

async function onPostgres(server: Restartable, kind: string): Promise<Heal> {
  const { proxy } = server;
  if (kind === 'hanging') {
    proxy.freeze();
    return proxy.thaw;
  }
  if (kind === 'refusing') {
    await proxy.refuse();
    return proxy.listen;
  }
  // SIGQUIT is the immediate shutdown: nothing is written back, the next start recovers from the log.
  if (kind === 'crashed') await server.restart('SIGQUIT');
  else proxy.cut();
  return nothing;
}

async function onRedis(server: Restartable, kind: string): Promise<Heal> {
  const ask = (...words: string[]) => askRedis(server.proxy.port, words);
  switch (kind) {
    case 'killed':
      await server.restart('SIGKILL');
      return nothing;
    case 'killed and emptied':
      await server.restart('SIGKILL');
      await ask('FLUSHALL');
      return nothing;
    case 'wiped':
      await ask('FLUSHALL');
      return nothing;
    case 'frozen':
      server.signal('SIGSTOP');
      return () => server.signal('SIGCONT');
    case 'out of memory':
      await ask('CONFIG', 'SET', 'maxmemory', '1');
      return () => ask('CONFIG', 'SET', 'maxmemory', '0');
    default:
      server.proxy.cut();
      return nothing;
  }
}

/** Some of the conversations are spared, as on a busy server that is in trouble. */
const AFFLICTED = 0.6;

const SMTP_FAULTS: Record<string, Fault> = {
  '421': { at: 'greeting', reply: '421 4.3.2 try again later' },
  '451': { at: 'dot', reply: '451 4.3.0 out of order' },
  '550': { at: 'rcpt', reply: '550 5.1.1 no such mailbox' },
  hanging: { at: 'mail', hang: true },
  'dropping mid-body': { at: 'body', drop: true },
  'dropping after the final dot': { at: 'dot', drop: true },
  'hanging after the final dot': { at: 'dot', hang: true },
  slow: { at: 'dot', delayMs: SMTP_TIMEOUT_SECONDS * 600 },
};

async function onSmtp({ smtp }: World, kind: string, random: Random): Promise<Heal> {
  if (kind === 'refusing') {
    await smtp.refuse();
    return smtp.listen;
  }
  const fault = SMTP_FAULTS[kind];
  if (!fault) throw new Error(`no such fault of the mail server: ${kind}`);
  smtp.script(({ stage }: Moment) =>
    stage === fault.at && random.chance(AFFLICTED) ? fault : undefined,
  );
  return () => smtp.script(undefined);
}

/** A fault that happened. Instants are milliseconds since the epoch. */
export interface Happened extends Pick<PlannedFault, 'part' | 'kind'> {
  name: string;
  at: number;
  until: number;
}

/** Lets the planned faults happen, each part's one after the other, and heals each of them. */
export async function injectAll(
  world: World,
  planned: PlannedFault[],
  random: Random,
  happened: Happened[],
): Promise<void> {
  const start = Date.now();
  const parts = new Set(planned.map((fault) => fault.part));
  await Promise.all(
    [...parts].map(async (part) => {
      for (const fault of planned.filter((one) => one.part === part)) {
        await pause(Math.max(0, start + fault.from - Date.now()));
        const nth = part === 'worker' ? `-${fault.nth + 1}` : '';
        const record: Happened = {
          part,
          kind: fault.kind,
          name: `${part}${nth} ${fault.kind}`,
          at: Date.now(),
          until: Number.POSITIVE_INFINITY,
        };
        happened.push(record);
        const heal = await inject(world, fault, random);
        await pause(fault.until - fault.from);
        await heal();
        record.until = Date.now();
      }
    }),
  );
}
