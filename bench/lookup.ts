import type { BareExpress } from './bare/express.ts';
import type { Bench } from './bench.ts';
import { type Figure, holds, type Measured } from './figure.ts';
import { startHelper } from './helper.ts';
import { personOf } from './load/bodies.ts';
import type { HttpLoad, HttpLoadResult } from './load/http-load.ts';
import { alternate } from './rounds.ts';

/** A person's preferences, known already, beside a route that answers a constant. */

const CONNECTIONS = 50;

async function measureLookup(bench: Bench): Promise<Measured> {
  const env = await bench.freshEnv();
  const load = startHelper<HttpLoad, HttpLoadResult>(new URL('load/http-load.ts', import.meta.url));
  const bare = startHelper<BareExpress, { port: number }>(
    new URL('bare/express.ts', import.meta.url),
  );
  const api = await bench.start('api/server.js', env);
  try {
    const { port: barePort } = await bare.ask({ databaseUrl: env.DATABASE_URL! });
    const fire = async (port: number, route: string) => {
      const answered = await load.ask({
        port,
        method: 'GET',
        path: `${route}/1/1/${personOf(0)}`,
        key: env.INGESTION_SERVICE_API_KEY!,
        connections: CONNECTIONS,
        requests: bench.short ? 5000 : 25_000,
      });
      holds('every answer is 200', answered.statuses['200'] === answered.requests);
      return answered.requests / answered.seconds;
    };
    const rounds = await alternate(
      bench.rounds,
      () => fire(api.port, '/api/user-notification-preferences/by-user'),
      () => fire(barePort, '/constant'),
    );
    return { rounds };
  } finally {
    load.stop();
    bare.stop();
    await api.stop();
  }
}

export const lookup: Figure = {
  name: 'lookup',
  what: 'warm preference lookup, by-user, 50 connections',
  beside: 'Express route answering a constant',
  unit: 'requests/s',
  target: { atLeast: 0.8 },
  measure: measureLookup,
};
