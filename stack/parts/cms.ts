import { portFor } from '../ports.ts';
import { serverEntry } from '../processes/child.ts';
import { httpAnswers, isReached, untilReady } from '../processes/ready.ts';
import type { PartContext, Started } from './part.ts';

/** The built-in CMS. Its webhooks go to the API, whose port is already chosen. */
export async function startCms(context: PartContext): Promise<Started> {
  const { env } = context;
  const port = await portFor('CMS_PORT', env.CMS_PORT, context.usualPorts ? 1337 : undefined);
  const url = `http://127.0.0.1:${port}`;
  const child = await context.run({
    name: 'cms',
    ...serverEntry(new URL('../../cms/builtin/server.ts', import.meta.url)),
    env: {
      ...env,
      CMS_PORT: String(port),
      INGESTION_SERVICE_WEBHOOK_URL: `http://127.0.0.1:${env.PORT}`,
    },
  });
  await untilReady(
    child,
    async () => (await httpAnswers(`${url}/api/health`)) && isReached(child, port),
  );
  return { env: { CMS_PORT: String(port), CMS_API_URL: url }, urls: { cms: url } };
}
