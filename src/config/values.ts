import { z } from 'zod';

/** How the values of variables are read, whichever part they are for. */

/** true or false. */
export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1');
/** A whole number within bounds. */
export const whole = (fallback: number, min = 0, max = 2 ** 31 - 1) =>
  z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(min)
    .max(max)
    .default(fallback);
/** What a timer waits for at most is 2^31-1 ms; a longer time would be none at all. So durations have bounds. */
export const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 24 * HOUR_SECONDS;
export const MONTH_SECONDS = 30 * DAY_SECONDS;
export const YEAR_HOURS = 365 * 24;
/** A number above 0, which need not be whole. */
export const amount = (fallback: number, max: number) =>
  z.coerce.number().positive().max(max).default(fallback);
/** The same where 0 has a meaning. */
export const amountOrZero = (fallback: number, max: number) =>
  z.coerce.number().min(0).max(max).default(fallback);
/** Text that has to be there. */
export const text = () => z.string().min(1, 'is required');
/** An address that is asked over HTTP. */
export const httpUrl = () =>
  z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
/** The address of a Postgres database; the driver takes several hosts, with commas between. */
export const postgresUrl = () =>
  text().refine((url) => isPostgresUrl(url), {
    error: 'must be a postgres:// URL, with special characters of its password percent-encoded',
  });
/** Addresses of Redis, with commas between where it is a cluster. */
export const redisUrls = () =>
  text().refine((urls) => urls.split(',').every((url) => isUrlOf(url.trim(), /^rediss?:$/)), {
    error:
      'must be a redis:// or rediss:// URL, with special characters of its password percent-encoded',
  });

/** As the driver reads it: whatever stands between `@` and the path are hosts. */
function isPostgresUrl(url: string): boolean {
  const [authority = ''] = url.slice(url.indexOf('://') + 3).split(/[?/]/);
  const hosts = authority.slice(authority.indexOf('@') + 1);
  return isUrlOf(url.replace(hosts, hosts.split(',')[0]!), /^postgres(ql)?:$/);
}

/** Whether a driver can read it: credentials are percent-decoded, which not every text can be. */
function isUrlOf(text: string, protocol: RegExp): boolean {
  try {
    const url = new URL(text);
    decodeURIComponent(url.username + url.password);
    return protocol.test(url.protocol);
  } catch {
    return false;
  }
}

/** What commas keep apart, without empty entries. */
export const entries = (list: string): string[] =>
  list
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
/** At least one key; several, with commas between, so that they can be rotated. */
export const keys = () =>
  text()
    .transform(entries)
    .refine((list) => list.length > 0, 'lists no key');
