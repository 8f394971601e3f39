import { createServer } from 'node:http';
import { pino } from 'pino';
import { createCms } from './cms.ts';
import { type CmsConfig, loadCmsConfig } from './config.ts';
import { errorCode } from './database-errors.ts';

/** Entry: runs the CMS until it is told to stop. */

/** Requests under way may end; after this nobody waits for them. */
const STOP_PATIENCE_MS = 5000;
/** Busy connections end with an answer within this time; then idle ones are closed. */
const FAREWELL_MS = 500;
const CLOSE_IDLE_EVERY_MS = 100;

function configOrExit(): CmsConfig {
  try {
    return loadCmsConfig();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(1);
  }
}

const config = configOrExit();
const log = pino({ level: config.logLevel, name: 'cms' });
const fail = (reason: string) => (error: unknown) => {
  log.fatal({ code: errorCode(error) }, reason);
  process.exit(1);
};

const cms = await createCms(config, log).catch(
  fail('the database cannot be reached or migrated; check CMS_DATABASE_URL and that it is running'),
);
const server = createServer(cms.app);
server.on('error', fail('the CMS cannot listen; check CMS_HOST and that CMS_PORT is free'));
server.listen(config.port, config.host, () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  log.info({ url: `http://${config.host}:${port}` }, 'cms: ready');
});

let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  // Clients that keep their connection busy go elsewhere after their next answer.
  server.prependListener('request', (_request, response) => {
    response.setHeader('Connection', 'close');
  });
  setTimeout(() => {
    server.close(() => {
      cms.close().then(() => process.exit(0), fail('the CMS did not stop cleanly'));
    });
    setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS).unref();
  }, FAREWELL_MS);
  setTimeout(() => server.closeAllConnections(), STOP_PATIENCE_MS).unref();
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
