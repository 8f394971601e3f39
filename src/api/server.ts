import { ConfigError, loadConfig } from '../config.ts';
import { migrateDatabase, refuseOlderSchema } from '../db/migrate.ts';
import { openDeps } from '../deps.ts';
import { subscribeInvalidations } from '../queues/invalidation.ts';
import { closerOf, onShutdown } from '../shutdown.ts';
import { createApp } from './app.ts';

/** Entry of an API process. Redis may be away at start: what is accepted waits in Postgres. */
async function main(): Promise<void> {
  const config = loadConfig();
  await (config.MIGRATE_ON_START ? migrateDatabase : refuseOlderSchema)(config.DATABASE_URL);
  const deps = openDeps(config, 'api');
  void subscribeInvalidations(deps.workerRedis(), config.QUEUE_PREFIX, deps.preferences.forget);
  const at = { port: config.PORT, host: config.LISTEN_HOST };
  const server = createApp(deps).listen(at, (error?: Error) => {
    if (error) throw error;
    deps.log.info({ port: config.PORT }, 'api started');
  });
  const close = closerOf(server);
  onShutdown(
    deps.log,
    async () => {
      await close();
      await deps.close();
    },
    {
      timeoutSeconds: config.SHUTDOWN_TIMEOUT_SECONDS,
      // A request that never comes to its end is not waited for.
      letGo: () => server.closeAllConnections(),
    },
  );
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(1);
});
