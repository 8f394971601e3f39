import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import {
  amount,
  DAY_SECONDS,
  entries,
  flag,
  HOUR_SECONDS,
  httpUrl,
  keys,
  MONTH_SECONDS,
  text,
  whole,
} from './values.ts';

/** Shorter ones could be guessed by trying. */
const MIN_SECRET_LENGTH = 16;
const secrets = keys().refine((all) => all.every((one) => one.length >= MIN_SECRET_LENGTH), {
  error: `needs secrets of at least ${MIN_SECRET_LENGTH} characters`,
});

/** As SendGrid shows its key: base64 of the DER encoding, without PEM lines. */
const ecdsaPublicKey = z.string().refine((value) => {
  try {
    const key = Buffer.from(value, 'base64');
    return createPublicKey({ key, format: 'der', type: 'spki' }).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}, 'is not the base64 of an ECDSA public key');

/** What these mean is read by `mail/transports/routes.ts`; here a typing error stops the start. */
const TRANSPORTS = /^(?:(?:smtp|ses|sendgrid|smtps?:\/\/[^\s,]+)(?:\s*,\s*(?!$)|$))+$/;
const RATES = /^(?:[^=;\s]+=(?:[1-9]\d{0,8}\/[smhd](?:,(?=\d)|(?=;|$)))+(?:;(?!$)|$))+$/;

/** Mail: how it leaves, how often it is tried, and the links in it. */
export const mailVariables = {
  EMAIL_TRANSPORTS: z
    .string()
    .regex(TRANSPORTS, 'must list smtp, smtp://…, smtps://…, ses or sendgrid, with commas between')
    .default('smtp'),
  EMAIL_RATE_LIMITS: z
    .string()
    .regex(RATES, 'must look like smtp=10/s,500/m,10000/h;ses=14/s')
    .optional(),
  EMAIL_IDEMPOTENCY_HEADER: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header')
    .optional(),
  SES_REGION: z.string().optional(),
  SES_ENDPOINT: httpUrl().optional(),
  SENDGRID_API_KEY: z.string().optional(),
  SENDGRID_ENDPOINT: httpUrl().default('https://api.sendgrid.com'),
  DKIM_DOMAIN: z.string().optional(),
  DKIM_SELECTOR: z.string().optional(),
  DKIM_PRIVATE_KEY: z.string().optional(),
  SMTP_OAUTH_CLIENT_ID: z.string().optional(),
  SMTP_OAUTH_CLIENT_SECRET: z.string().optional(),
  SMTP_OAUTH_REFRESH_TOKEN: z.string().optional(),
  SMTP_OAUTH_TOKEN_URL: httpUrl().optional(),
  SMTP_SERVER: z.string().optional(),
  SMTP_PORT: whole(587, 1, 65_535),
  SMTP_USER: z.string().optional(),
  SMTP_PASSWORD: z.string().optional(),
  SMTP_SECURE: z.enum(['auto', 'tls', 'none']).default('auto'),
  SMTP_TIMEOUT_SECONDS: whole(60, 1, HOUR_SECONDS),
  SMTP_POOL_SIZE: whole(5, 1, 100),
  FROM_EMAIL: text().refine((from) => /[^\s<>@]+@[^\s<>@]+>?\s*$/.test(from), 'has no address'),
  OPERATOR_EMAIL: z.email().optional(),
  ENABLE_EMAIL_NOTIFICATIONS: flag(true),
  EMAIL_MAX_ATTEMPTS: whole(8, 1, 1000),
  EMAIL_RETRY_BASE_SECONDS: amount(15, DAY_SECONDS),
  EMAIL_RETRY_MAX_SECONDS: amount(900, MONTH_SECONDS),
  EMAIL_CONTENT_RETENTION_DAYS: whole(90, 1, 36_500),
  EMAIL_UNKNOWN_POLICY: z.enum(['hold', 'resend']).default('hold'),
  PUBLIC_URL: httpUrl().optional(),
  LINK_SECRET: secrets.optional(),
  UNSUBSCRIBE_LINK_DAYS: whole(90, 1, 3650),
  SES_SNS_TOPIC_ARNS: z.string().default('').transform(entries),
  SENDGRID_WEBHOOK_PUBLIC_KEY: ecdsaPublicKey.optional(),
};
