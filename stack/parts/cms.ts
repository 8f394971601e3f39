import { portFor } from '../ports.ts';
import { typescriptEntry } from '../processes/child.ts';
import { httpAnswers, untilReady } from '../processes/ready.ts';
import type { PartContext, Started } from './part.ts';

/** The built-in CMS. Its webhooks go to the API, whose port is already chosen. */
export async function startCms(context: PartContext): Promise<Started> {
  const { env } = context;
  const port = await portFor('CMS_PORT', env.CMS_PORT, context.usualPorts ? 1337 : undefined);
  const url = `http://127.0.0.1:${port}`;
  const child = await context.run({
    name: 'cms',
    ...typescriptEntry(new URL('../../cms/builtin/server.ts', import.meta.url)),
    env: {
      ...env,
      CMS_PORT: String(port),
      INGESTION_SERVICE_WEBHOOK_URL: `http://127.0.0.1:${env.PORT}`,
    },
  });
  await untilReady(child, () => httpAnswers(`${url}/api/health`));
  return { env: { CMS_PORT: String(port), CMS_API_URL: url }, urls: { cms: url } };
}
