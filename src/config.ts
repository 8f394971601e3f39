import { z } from 'zod';
import { mailVariables } from './config/mail.ts';
import { storeVariables } from './config/stores.ts';
import {
  amount,
  amountOrZero,
  DAY_SECONDS,
  flag,
  HOUR_SECONDS,
  httpUrl,
  keys,
  MONTH_SECONDS,
  postgresUrl,
  redisUrls,
  text,
  whole,
  YEAR_HOURS,
} from './config/values.ts';

/**
 * Environment -> typed configuration. The only reader of `process.env` in `src/`. `.env.example` lists
 * the variables with their meaning and default.
 */

const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/;

/** The quota of the month is counted from the mails that are kept. */
const MIN_RETENTION_DAYS = 32;

/** What these mean is read by `domain/correction-mode.ts`. */
const MODES =
  /^(?:(?:company:[1-9]\d{0,9}|category:[^;=\s]{1,50})=(?:auto|approve|dry-run)(?:;(?!$)|$))*$/;

const variables = z.object({
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  PORT: whole(8000, 0, 65_535),
  BULL_BOARD_PORT: whole(3001, 0, 65_535),
  WORKER_HEALTH_PORT: whole(8001, 0, 65_535),
  LISTEN_HOST: z.string().optional(),
  APP_URL: httpUrl().optional(),

  DATABASE_URL: postgresUrl(),
  DATABASE_POOL_SIZE: whole(10, 1, 1000),
  MIGRATE_ON_START: flag(true),
  SHUTDOWN_TIMEOUT_SECONDS: whole(25, 1, 3600),
  REDIS_URL: redisUrls(),
  QUEUE_PREFIX: z.string().min(1).default('tidings'),

  INGESTION_SERVICE_API_KEY: keys(),
  ADMIN_API_KEY: keys(),
  WEBHOOK_SECRET: z
    .string()
    .refine((key) => !key.startsWith('whsec_') || BASE64.test(key.slice(6)), 'is not base64')
    .optional(),
  RATE_LIMIT_MAX: whole(6000),
  RATE_LIMIT_INTERVAL: whole(60_000, 1, DAY_SECONDS * 1000),

  ...mailVariables,

  CMS_API_URL: httpUrl(),
  CMS_API_TOKEN: text(),
  CMS_TIMEOUT_MS: whole(2000, 1, HOUR_SECONDS * 1000),
  WRITE_BACK_COMPARE_SECONDS: whole(600, 0, MONTH_SECONDS),

  ...storeVariables,

  DEFAULT_NOTIFICATION_DELAY_MINUTES: whole(30, 1, 1440),
  DEFAULT_BATCH_SIZE_THRESHOLD: whole(5, 1, 100),
  PREFERENCES_COMPARE_SECONDS: amount(600, MONTH_SECONDS),
  MAX_BATCH_AGE_HOURS: amount(24, YEAR_HOURS),
  ENABLE_AUTO_CORRECTION: flag(true),
  AUTO_CORRECTION_MODE: z.enum(['auto', 'approve', 'dry-run']).default('auto'),
  AUTO_CORRECTION_MODES: z
    .string()
    .regex(MODES, 'must look like company:42=approve;category:s3_error=dry-run')
    .default(''),
  AUTO_CORRECTION_DELAY_SECONDS: amountOrZero(60, MONTH_SECONDS),
  CORRECTIONS_PER_RUN: whole(1000, 1, 10_000),
  MAX_CORRECTION_ATTEMPTS: whole(3, 1, 1000),
  CORRECTION_RETRY_BASE_SECONDS: amount(5, DAY_SECONDS),
  RETENTION_DAYS: whole(365, 0, 36_500).refine((days) => days === 0 || days >= MIN_RETENTION_DAYS, {
    error: `must be 0 or at least ${MIN_RETENTION_DAYS}`,
  }),
  CORRECTION_OUTAGE_HOURS: amountOrZero(24, YEAR_HOURS),
  CORRECTION_BRAKE_WINDOW_MINUTES: whole(15, 1, 10_080),
  CORRECTION_BRAKE_MAX_TASKS: whole(100),
  CORRECTION_BRAKE_PERCENT: whole(25, 0, 100),
  CORRECTION_BRAKE_MIN_FILES: whole(20),
  CORRECTION_BRAKE_MAX_TASKS_TOTAL: whole(1000),
  CORRECTION_QUARANTINE_DAYS: whole(0, 0, 3650),
  CORRECTION_QUARANTINE_PREFIX: z
    .string()
    .regex(/^[^/\s][^\s]*\/$/, 'must be a key prefix that ends with /')
    .default('tidings-quarantine/'),
  CORRECTION_SECOND_LOOK_SECONDS: amountOrZero(600, MONTH_SECONDS),
  SWEEP_INTERVAL_SECONDS: amount(5, DAY_SECONDS),
});

/** What one setting of mail asks of the others; looked at even where other variables are at fault. */
const environment = variables.superRefine(
  (env, context) => {
    const listed = env.EMAIL_TRANSPORTS?.split(/\s*,\s*/) ?? [];
    const oauth = [
      'SMTP_OAUTH_CLIENT_ID',
      'SMTP_OAUTH_REFRESH_TOKEN',
      'SMTP_OAUTH_TOKEN_URL',
    ] as const;
    const dkim = ['DKIM_DOMAIN', 'DKIM_SELECTOR', 'DKIM_PRIVATE_KEY'] as const;
    const needed = [
      listed.includes('smtp') && (['SMTP_SERVER'] as const),
      listed.includes('sendgrid') && (['SENDGRID_API_KEY'] as const),
      oauth.some((name) => env[name]) && ([...oauth, 'SMTP_USER'] as const),
      dkim.some((name) => env[name]) && dkim,
      env.PUBLIC_URL && (['LINK_SECRET'] as const),
    ].flatMap((names) => names || []);
    for (const name of needed.filter((one) => !env[one]))
      context.addIssue({ code: 'custom', path: [name], message: 'is required' });
  },
  { when: () => true },
);

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
  const present = given(env);
  const parsed = environment.safeParse(present);
  if (!parsed.success) throw new ConfigError(explain(parsed.error, present));
  return {
    ...parsed.data,
    QUEUE_PREFIX: queuePrefix(parsed.data),
    S3_FORCE_PATH_STYLE: parsed.data.S3_FORCE_PATH_STYLE ?? Boolean(parsed.data.S3_ENDPOINT),
    production: parsed.data.NODE_ENV === 'production',
  };
}

/**
 * The address of the database, for tools that need nothing else.
 * @throws ConfigError where it is not set, or no address
 */
export function databaseUrl(env: NodeJS.ProcessEnv = process.env): string {
  const { DATABASE_URL } = given(env);
  if (!DATABASE_URL) throw new ConfigError('DATABASE_URL is not set');
  const parsed = variables.shape.DATABASE_URL.safeParse(DATABASE_URL);
  if (!parsed.success) throw new ConfigError(`DATABASE_URL ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

/**
 * The variables that are set. Blank ones are not: as a number a space would be 0, which turns limits off.
 * The line break at the end of a file that was read into a variable is no part of its value.
 */
export function given(env: NodeJS.ProcessEnv): Record<string, string> {
  const set = Object.entries(env).flatMap(([name, value]) =>
    value?.trim() ? [[name, value.replace(/[\r\n]+$/, '')]] : [],
  );
  return Object.fromEntries(set);
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
