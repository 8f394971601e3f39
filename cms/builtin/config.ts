import { z } from 'zod';
import { given } from '../../src/config.ts';
import { webhookSigner } from './webhook-signer.ts';

/** What the CMS runs with. The host and port matter to the entry only. */
export interface CmsConfig {
  host: string;
  port: number;
  databaseUrl: string;
  /** Any of these may call the CMS, so that tokens can be rotated. */
  apiTokens: string[];
  /** Requests per minute and token; 0 turns the limit off. */
  rateLimitMax: number;
  /** Where changes of preferences are told; nobody is told where it is absent. */
  webhook?: { baseUrl: string; apiKey: string; secret?: string };
  /** The pages for people are served where there is something to sign their links with. */
  pages?: { secrets: string[]; publicUrl?: string };
  logLevel: string;
}

const list = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
  .refine((items) => items.length > 0, 'is empty');

const whole = (fallback: number, max: number) =>
  z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(0)
    .max(max)
    .default(fallback);

/** Shorter ones could be guessed by trying. */
const MIN_SECRET_LENGTH = 16;
const secrets = list.refine((all) => all.every((one) => one.length >= MIN_SECRET_LENGTH), {
  error: `needs secrets of at least ${MIN_SECRET_LENGTH} characters`,
});

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

const environment = z
  .object({
    CMS_HOST: z.string().default('127.0.0.1'),
    CMS_PORT: whole(1337, 65_535),
    CMS_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
    CMS_API_TOKEN: list,
    CMS_RATE_LIMIT_MAX: whole(100_000, 2 ** 31 - 1),
    CMS_PUBLIC_URL: httpUrl.optional(),
    LINK_SECRET: secrets.optional(),
    INGESTION_SERVICE_WEBHOOK_URL: httpUrl.optional(),
    INGESTION_SERVICE_API_KEY: list.optional(),
    WEBHOOK_SECRET: z
      .string()
      .refine(isUsableSecret, 'starts with whsec_ but is not base64 after it')
      .optional(),
    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info'),
  })
  .refine((env) => !env.INGESTION_SERVICE_WEBHOOK_URL || env.INGESTION_SERVICE_API_KEY, {
    path: ['INGESTION_SERVICE_API_KEY'],
    error: 'is needed where INGESTION_SERVICE_WEBHOOK_URL is set',
  });

function isUsableSecret(secret: string): boolean {
  try {
    webhookSigner(secret);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads and validates the environment of the CMS. A blank variable counts as not set.
 * @throws Error naming every variable at fault, never a value
 */
export function loadCmsConfig(env: NodeJS.ProcessEnv = process.env): CmsConfig {
  const present = given(env);
  const parsed = environment.safeParse(present);
  if (!parsed.success) throw new Error(explain(parsed.error, present));
  const { data } = parsed;
  const [apiKey] = data.INGESTION_SERVICE_API_KEY ?? [];
  return {
    host: data.CMS_HOST,
    port: data.CMS_PORT,
    databaseUrl: data.CMS_DATABASE_URL,
    apiTokens: data.CMS_API_TOKEN,
    rateLimitMax: data.CMS_RATE_LIMIT_MAX,
    logLevel: data.LOG_LEVEL,
    ...(data.LINK_SECRET
      ? { pages: { secrets: data.LINK_SECRET, publicUrl: data.CMS_PUBLIC_URL } }
      : {}),
    ...(data.INGESTION_SERVICE_WEBHOOK_URL && apiKey
      ? {
          webhook: {
            baseUrl: data.INGESTION_SERVICE_WEBHOOK_URL,
            apiKey,
            secret: data.WEBHOOK_SECRET,
          },
        }
      : {}),
  };
}

function explain(error: z.ZodError, env: Record<string, string | undefined>): string {
  const lines = error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const missing = env[name] === undefined && issue.code !== 'custom';
    return `  ${name} ${missing ? 'is not set' : issue.message}`;
  });
  return `The CMS cannot start, its environment is incomplete or wrong:\n${lines.join('\n')}`;
}
