import { z } from 'zod';
import { amountOrZero, flag, HOUR_SECONDS, httpUrl, text, whole, YEAR_HOURS } from './values.ts';

/** A name as Chroma wants it, once its placeholders are filled in. */
const COLLECTION =
  /^(?=.{3,512}$)(?:[A-Za-z0-9]|\{company_id\}|\{bot_id\})(?:(?:[A-Za-z0-9._-]|\{company_id\}|\{bot_id\})*(?:[A-Za-z0-9]|\{company_id\}|\{bot_id\}))?$/;

/** What `domain/rate-limits.ts` reads; here a typing error stops the start. */
const STORE_RATES =
  /^(?:(?:s3|chroma|cms)=(?:[1-9]\d{0,8}\/[smhd](?:,(?=\d)|(?=;|$)))+(?:;(?!$)|$))+$/;

/** Object storage, the vector store, and how much either may be asked. */
export const storeVariables = {
  S3_ENDPOINT: httpUrl().optional(),
  S3_BUCKET: text(),
  S3_FORCE_PATH_STYLE: flag(true).optional(),
  S3_PURGE: z.enum(['marker', 'versions']).default('marker'),
  S3_SLASH_KEYS: z.enum(['object', 'prefix']).default('object'),
  AWS_REGION: z.string().default('us-east-1'),
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  AWS_SESSION_TOKEN: z.string().optional(),
  CHROMA_URL: httpUrl(),
  CHROMA_TENANT: z.string().min(1).default('default_tenant'),
  CHROMA_DATABASE: z.string().min(1).default('default_database'),
  CHROMA_COLLECTION: z
    .string()
    .regex(
      COLLECTION,
      'must be a collection name of 3 characters or more, in which {company_id} and {bot_id} may stand',
    )
    .default('global'),
  CHROMA_TOKEN: z.string().optional(),
  CHROMA_TOKEN_HEADER: z.enum(['authorization', 'x-chroma-token']).default('authorization'),
  CHROMA_PAGE_SIZE: whole(300, 1, 10_000),
  STORE_TIMEOUT_SECONDS: whole(10, 1, HOUR_SECONDS),
  STORE_RATE_LIMITS: z
    .string()
    .regex(STORE_RATES, 'must look like s3=100/s;cms=20/s,5000/h')
    .optional(),
  AUDIT_STORES_INTERVAL_HOURS: amountOrZero(0, YEAR_HOURS),
  AUDIT_STORES_GRACE_MINUTES: amountOrZero(60, YEAR_HOURS * 60),
  AUDIT_STORES_PREFIX: z.string().default(''),
};
