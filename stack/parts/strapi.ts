import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { portFor } from '../ports.ts';
import { httpAnswers, untilReady } from '../processes/ready.ts';
import type { PartContext, Started } from './part.ts';
import { installStrapi } from './strapi-install.ts';

/** The CMS as a real Strapi application, from `cms/strapi`, in place of the built-in one. */

const APPLICATION = fileURLToPath(new URL('../../cms/strapi', import.meta.url));
/** Strapi wants a secret of its own for each of these. */
const SECRETS = [
  'APP_KEYS',
  'ADMIN_JWT_SECRET',
  'API_TOKEN_SALT',
  'TRANSFER_TOKEN_SALT',
  'ENCRYPTION_KEY',
];

/** Starts Strapi, installing it first where it is missing. Its webhooks go to the API unless told otherwise. */
export async function startStrapi(context: PartContext): Promise<Started> {
  const { env, keys } = context;
  const command = await installStrapi(APPLICATION, context.log);
  const port = await portFor('CMS_PORT', env.CMS_PORT, context.usualPorts ? 1337 : undefined);
  const url = `http://127.0.0.1:${port}`;
  const secret = (name: string) =>
    createHash('sha256').update(`${name} ${keys.STRAPI_SECRET}`).digest('hex');
  const child = await context.run({
    name: 'cms',
    command: process.execPath,
    args: [command, 'start'],
    cwd: APPLICATION,
    env: {
      ...env,
      ...Object.fromEntries(SECRETS.map((name) => [name, env[name] || secret(name)])),
      // In production the panel's cookies are for https only.
      NODE_ENV: 'development',
      STRAPI_TELEMETRY_DISABLED: 'true',
      CMS_PORT: String(port),
      INGESTION_SERVICE_WEBHOOK_URL:
        env.INGESTION_SERVICE_WEBHOOK_URL ?? `http://127.0.0.1:${env.PORT}`,
    },
  });
  await untilReady(child, () => httpAnswers(`${url}/api/health`));
  return { env: { CMS_PORT: String(port), CMS_API_URL: url }, urls: { cms: url } };
}
