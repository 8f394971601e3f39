import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askedToStop } from './asked-to-stop.ts';
import { startStack } from './stack.ts';

/**
 * Entry of `npm run strapi`: the Strapi application alone, until it is asked to stop. Its database is
 * `CMS_DATABASE_URL`, else `DATABASE_URL`, else a Postgres of its own.
 */

const { CMS_API_URL: _another, ...given } = process.env;
const database = given.CMS_DATABASE_URL || given.DATABASE_URL;
const env = {
  ...given,
  CMS_DATABASE_URL: database,
  DATABASE_URL: database,
  // Nobody is told of changes unless somebody is named.
  INGESTION_SERVICE_WEBHOOK_URL: given.INGESTION_SERVICE_WEBHOOK_URL ?? '',
};
const asked = askedToStop();
try {
  const stack = await startStack({
    env,
    cms: 'strapi',
    parts: ['postgres', 'cms'],
    dataDir: join(fileURLToPath(new URL('..', import.meta.url)), '.tidings', 'strapi'),
    log: (line) => console.log(`  ${line}`),
  });
  console.log(`\n  CMS_API_URL=${stack.urls.cms}\n  CMS_API_TOKEN=${stack.env.CMS_API_TOKEN}`);
  console.log('\nstrapi: ready');
  const problem = await Promise.race([asked, stack.died]);
  console.log(problem ? `strapi: ${problem}. Stopping.` : '\nstrapi: stopping');
  process.exitCode = problem ? 1 : 0;
  await stack.stop();
} catch (error) {
  console.error(`strapi: ${(error as Error).message}`);
  process.exitCode = 1;
}
process.exit();
