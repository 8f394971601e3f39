import { type Keys, loadKeys } from '../../stack/keys.ts';
import { startChroma } from '../../stack/parts/chroma.ts';
import { startCms } from '../../stack/parts/cms.ts';
import type { PartContext } from '../../stack/parts/part.ts';
import { startPostgres } from '../../stack/parts/postgres.ts';
import { startRedis } from '../../stack/parts/redis.ts';
import { startS3 } from '../../stack/parts/s3.ts';
import { freePort } from '../../stack/ports.ts';
import { type Group, startTogether } from '../../stack/processes/group.ts';
import { type Restartable, startRestartable } from './restartable.ts';

/** Everything Tidings depends on but the mail server, as processes of our own. */
export interface Parts {
  postgres: Restartable;
  redis: Restartable;
  keys: Keys;
  /** Addresses and keys of all parts; those of Postgres and Redis lead through their proxies. */
  env: Record<string, string>;
}

/** Starts all parts, whatever the environment says, on free ports. */
export async function startParts(
  group: Group,
  dataDir: string,
  log: (line: string) => void,
): Promise<Parts> {
  const keys = await loadKeys(dataDir);
  const env: Record<string, string> = { ...keys, PORT: String(await freePort()) };
  const context: PartContext = { dataDir, env, keys, usualPorts: false, log, run: group.run };
  const restartable: Record<string, Restartable> = {};
  const starts = {
    postgres: async () => {
      restartable.postgres = await startRestartable(context, startPostgres);
      return restartable.postgres;
    },
    redis: async () => {
      restartable.redis = await startRestartable(context, startRedis);
      return restartable.redis;
    },
    s3: () => startS3(context),
    chroma: () => startChroma(context),
  };
  await startTogether(
    group,
    Object.values(starts).map((start) => async () => {
      Object.assign(env, (await start()).env);
    }),
  );
  Object.assign(env, (await startCms(context)).env);
  return { postgres: restartable.postgres!, redis: restartable.redis!, keys, env };
}
