import { z } from 'zod';

/**
 * Environment -> typed configuration. The only reader of `process.env` in `src/`. Names and defaults
 * are those of the design; `.env.example` lists them with their meaning.
 */

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1');
const whole = (fallback: number, min = 0, max = 2 ** 31 - 1) =>
  z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(min)
    .max(max)
    .default(fallback);
const text = () => z.string().min(1, 'is required');
const keys = () =>
  text().transform((list) =>
    list
      .split(',')
      .map((key) => key.trim())
      .filter(Boolean),
  );

const environment = z.object({
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  PORT: whole(8000, 0, 65_535),
  BULL_BOARD_PORT: whole(3001, 0, 65_535),
  WORKER_HEALTH_PORT: whole(8001, 0, 65_535),
  APP_URL: z.url().optional(),

  DATABASE_URL: text(),
  DATABASE_POOL_SIZE: whole(10, 1, 1000),
  MIGRATE_ON_START: flag(true),
  SHUTDOWN_TIMEOUT_SECONDS: whole(25, 1, 3600),
  REDIS_URL: text(),
  QUEUE_PREFIX: z.string().min(1).default('tidings'),

  INGESTION_SERVICE_API_KEY: keys(),
  ADMIN_API_KEY: keys(),
  WEBHOOK_SECRET: z.string().min(1).optional(),
  RATE_LIMIT_MAX: whole(6000),
  RATE_LIMIT_INTERVAL: whole(60_000, 1),

  SMTP_SERVER: text(),
  SMTP_PORT: whole(587, 1, 65_535),
  SMTP_USER: z.string().optional(),
  SMTP_PASSWORD: z.string().optional(),
  SMTP_SECURE: z.enum(['auto', 'tls', 'none']).default('auto'),
  SMTP_TIMEOUT_SECONDS: whole(60, 1),
  SMTP_POOL_SIZE: whole(5, 1, 100),
  FROM_EMAIL: text(),
  OPERATOR_EMAIL: z.email().optional(),
  ENABLE_EMAIL_NOTIFICATIONS: flag(true),
  EMAIL_MAX_ATTEMPTS: whole(8, 1, 1000),
  EMAIL_RETRY_BASE_SECONDS: z.coerce.number().positive().default(15),
  EMAIL_RETRY_MAX_SECONDS: z.coerce.number().positive().default(900),
  EMAIL_UNKNOWN_POLICY: z.enum(['hold', 'resend']).default('hold'),

  CMS_API_URL: z.url(),
  CMS_API_TOKEN: text(),
  CMS_TIMEOUT_MS: whole(2000, 1),

  S3_ENDPOINT: z.url().optional(),
  S3_BUCKET: text(),
  S3_FORCE_PATH_STYLE: flag(true).optional(),
  AWS_REGION: z.string().default('us-east-1'),
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  AWS_SESSION_TOKEN: z.string().optional(),
  CHROMA_URL: z.url(),
  CHROMA_COLLECTION: z.string().min(1).default('global'),
  STORE_TIMEOUT_SECONDS: whole(10, 1),

  DEFAULT_NOTIFICATION_DELAY_MINUTES: whole(30, 1, 1440),
  DEFAULT_BATCH_SIZE_THRESHOLD: whole(5, 1, 100),
  MAX_BATCH_AGE_HOURS: z.coerce.number().positive().default(24),
  ENABLE_AUTO_CORRECTION: flag(true),
  AUTO_CORRECTION_MODE: z.enum(['auto', 'approve', 'dry-run']).default('auto'),
  AUTO_CORRECTION_DELAY_SECONDS: z.coerce.number().min(0).default(60),
  MAX_CORRECTION_ATTEMPTS: whole(3, 1, 1000),
  CORRECTION_RETRY_BASE_SECONDS: z.coerce.number().positive().default(5),
  SWEEP_INTERVAL_SECONDS: z.coerce.number().positive().default(5),
});

type Environment = z.output<typeof environment>;

/** The typed configuration every part receives. Durations keep the unit in their name. */
export type Config = Omit<Environment, 'S3_FORCE_PATH_STYLE'> & {
  S3_FORCE_PATH_STYLE: boolean;
  production: boolean;
};

/** The environment cannot be used. The message names every variable at fault and never a value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads and validates the environment.
 * @throws ConfigError naming all missing or wrong variables at once
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(present);
  if (!parsed.success) throw new ConfigError(explain(parsed.error, present));
  return {
    ...parsed.data,
    QUEUE_PREFIX: queuePrefix(parsed.data),
    S3_FORCE_PATH_STYLE: parsed.data.S3_FORCE_PATH_STYLE ?? Boolean(parsed.data.S3_ENDPOINT),
    production: parsed.data.NODE_ENV === 'production',
  };
}

/** In a Redis cluster all keys of a queue must share a slot, which braces see to. */
function queuePrefix({ REDIS_URL, QUEUE_PREFIX }: Environment): string {
  const clustered = REDIS_URL.includes(',');
  return clustered && !QUEUE_PREFIX.includes('{') ? `{${QUEUE_PREFIX}}` : QUEUE_PREFIX;
}

function explain(error: z.ZodError, env: Record<string, string | undefined>): string {
  const names = (issues: z.core.$ZodIssue[]) => [...new Set(issues.map((i) => String(i.path[0])))];
  const missing = names(error.issues.filter((issue) => env[String(issue.path[0])] === undefined));
  const wrong = error.issues.filter((issue) => env[String(issue.path[0])] !== undefined);
  const lines = [
    ...missing.map((name) => `  ${name} is not set`),
    ...wrong.map((issue) => `  ${String(issue.path[0])} ${issue.message}`),
  ];
  const hint =
    env.NODE_ENV === 'production'
      ? 'Set them and start again; .env.example explains each.'
      : 'Set them, or use `npm start`, which starts what is not configured.';
  return `Configuration is incomplete or wrong:\n${lines.join('\n')}\n${hint}`;
}
