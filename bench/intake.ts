import postgres from 'postgres';
import type { BareExpress } from './bare/express.ts';
import type { Bench } from './bench.ts';
import { cpuSeconds } from './cpu.ts';
import { type Figure, holds, type Measured } from './figure.ts';
import { startHelper } from './helper.ts';
import type { HttpLoad, HttpLoadResult } from './load/http-load.ts';
import { alternate, median } from './rounds.ts';

/** Durable intake beside the same Express that does nothing, or nothing but insert. */

const CONNECTIONS = 50;

interface Shape {
  perRequest: number;
  /** So many a side and round. */
  requests: number;
  connections: number;
  barePath: '/accept' | '/insert';
}

async function measureIntake(bench: Bench, shape: Shape): Promise<Measured> {
  const env = await bench.freshEnv();
  const sql = postgres(env.DATABASE_URL!, { max: 1, onnotice: () => {} });
  await sql`create table bare_events (like file_events including all)`;
  const load = startHelper<HttpLoad, HttpLoadResult>(new URL('load/http-load.ts', import.meta.url));
  const bare = startHelper<BareExpress, { port: number }>(
    new URL('bare/express.ts', import.meta.url),
  );
  const api = await bench.start('api/server.js', env);
  try {
    const { port: barePort } = await bare.ask({ databaseUrl: env.DATABASE_URL! });
    const key = env.INGESTION_SERVICE_API_KEY!;
    const sent = { ours: 0, bare: 0 };
    const cpu = { ours: 0, bare: 0 };
    const pids = { ours: api.pid, bare: bare.pid };
    const latencies: number[] = [];
    const fire = async (side: 'ours' | 'bare', port: number, path: string) => {
      const before = cpuSeconds(pids[side]);
      const answered = await load.ask({
        port,
        method: 'POST',
        path,
        key,
        connections: shape.connections,
        requests: bench.short ? shape.requests / 8 : shape.requests,
        events: { prefix: side, perRequest: shape.perRequest, first: sent[side] },
      });
      holds('every answer is 202', answered.statuses['202'] === answered.requests);
      sent[side] += answered.requests * shape.perRequest;
      cpu[side] += cpuSeconds(pids[side]) - before;
      if (side === 'ours') latencies.push(answered.p99);
      return (answered.requests * shape.perRequest) / answered.seconds;
    };
    const rounds = await alternate(
      bench.rounds,
      () => fire('ours', api.port, '/api/file-events'),
      () => fire('bare', barePort, shape.barePath),
    );
    const [count] = await sql<{ ours: string; groups: string; bare: string }[]>`
      select (select count(*) from file_events) as ours,
        (select count(distinct chunk_id) from file_events) as groups, (select count(*) from bare_events) as bare`;
    holds('every accepted event is stored once', Number(count?.ours) === sent.ours);
    if (shape.barePath === '/insert')
      holds('every bare row is stored', Number(count?.bare) === sent.bare);
    const perEvent = { ours: cpu.ours / sent.ours, bare: cpu.bare / sent.bare };
    const microseconds = (seconds: number) => (seconds * 1e6).toFixed(1);
    return {
      rounds,
      cpu: perEvent,
      notes: [
        `p99 ${median(latencies).toFixed(0)} ms`,
        `${(sent.ours / Number(count?.groups)).toFixed(0)} events a commit`,
        `CPU of the process per event ${microseconds(perEvent.ours)} µs beside ${microseconds(perEvent.bare)} µs`,
      ],
    };
  } finally {
    load.stop();
    bare.stop();
    await api.stop();
    await sql.end();
  }
}

export const intakeSingle: Figure = {
  name: 'intake-single',
  what: 'durable intake, one event per request, 50 connections',
  beside: 'Express with JSON parser that answers 202',
  unit: 'events/s',
  target: { atLeast: 0.7 },
  guard: { cpuAtMost: 4.5 },
  measure: (bench) =>
    measureIntake(bench, {
      perRequest: 1,
      requests: 25_000,
      connections: CONNECTIONS,
      barePath: '/accept',
    }),
};

export const intakeBulk: Figure = {
  name: 'intake-bulk',
  what: 'durable intake, 500 events per request',
  beside: 'Express, one multi-row VALUES insert per request',
  unit: 'events/s',
  target: { atLeast: 0.8 },
  guard: { ratio: { atLeast: 0.3 }, cpuAtMost: 3.5 },
  measure: (bench) =>
    measureIntake(bench, {
      perRequest: 500,
      requests: 200,
      connections: 8,
      barePath: '/insert',
    }),
};
