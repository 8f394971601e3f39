import type { TestProject } from 'vitest/node';
import { freePort } from '../../stack/ports.ts';
import { startStack } from '../../stack/stack.ts';
import type {} from './global-setup.ts';

/** Starts every part with Strapi as the CMS, once for all tests, and makes it the CMS of the contract tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const port = await freePort();
  const stack = await startStack({
    env: { ...process.env, INGESTION_SERVICE_WEBHOOK_URL: `http://127.0.0.1:${port}` },
    fresh: true,
    cms: 'strapi',
    parts: ['postgres', 'redis', 'chroma', 's3', 'inbox', 'cms'],
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const { env } = stack;
  project.provide('stackEnv', env);
  project.provide('cmsUnderTest', {
    url: env.CMS_API_URL!,
    token: env.CMS_API_TOKEN!,
    webhookPort: port,
    webhookKey: env.INGESTION_SERVICE_API_KEY!,
    webhookSecret: env.WEBHOOK_SECRET!,
  });
  return stack.stop;
}
