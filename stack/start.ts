import { join } from 'node:path';
import { PortTaken, startApp } from './app.ts';
import { askedToStop } from './asked-to-stop.ts';
import { startStack } from './stack.ts';

/** Entry of `npm start`: everything, until Ctrl-C, SIGTERM or the death of a process. */

const log = (line: string) => console.log(`  ${line}`);
const toStop: (() => Promise<void>)[] = [];
const asked = askedToStop();

/**
 * Starts everything and answers with what ends it by itself. Where another program opened a port that was
 * chosen here, everything starts again on another, once: the CMS has been told where the API will be.
 */
async function start(again = true): Promise<Promise<string>> {
  console.log('Starting what is not configured:');
  const stack = await startStack({ log });
  toStop.unshift(stack.stop);
  console.log('Starting Tidings:');
  const options = { log, dataDir: join(stack.dataDir, 'app') };
  const app = await startApp(stack.env, options).catch((error: unknown) => {
    if (again && error instanceof PortTaken && stack.chosen.includes(error.variable)) return error;
    throw error;
  });
  if (app instanceof PortTaken) {
    console.log(`tidings: ${app.message}\nStarting again on other ports.`);
    await stopAll();
    return start(false);
  }
  toStop.unshift(app.stop);

  const { env, urls } = stack;
  const lines: Record<string, string | undefined> = {
    API: app.urls.api,
    'API documentation': `${app.urls.api}/docs`,
    'Bull Board': app.urls.board,
    'Mail inbox': urls.inbox,
    CMS: urls.cms,
    'Producer key': env.INGESTION_SERVICE_API_KEY,
    'Admin key': env.ADMIN_API_KEY,
    'CMS token': urls.cms && env.CMS_API_TOKEN,
    'Data and logs': stack.dataDir,
  };
  console.log();
  for (const [name, value] of Object.entries(lines))
    if (value) console.log(`  ${name.padEnd(18)} ${value}`);
  console.log('\ntidings: ready');
  return Promise.race([stack.died, app.died]);
}

/** Stops in the reverse order of starting: Tidings before what it depends on. */
async function stopAll(): Promise<void> {
  for (const stop of toStop.splice(0)) await stop();
}

try {
  const problem = await Promise.race([asked, start().then((died) => Promise.race([asked, died]))]);
  console.log(problem ? `tidings: ${problem}. Stopping.` : '\ntidings: stopping');
  process.exitCode = problem ? 1 : 0;
} catch (error) {
  console.error(`tidings: ${(error as Error).message}`);
  process.exitCode = 1;
}
await stopAll();
console.log('tidings: stopped');
process.exit();
