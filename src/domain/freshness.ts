import type { PreferenceSource } from '../contracts/preferences.ts';

/** How good an answer of the CMS about somebody's preferences still is. Pure; times in milliseconds. */

const MINUTE = 60_000;

/** Should a webhook be lost, mails notice the change this late. */
export const FRESH_MS = 5 * MINUTE;
/**
 * "No row of their own" is believed for less long: the company's defaults may change as well, and no
 * webhook tells of that.
 */
export const FALLBACK_FRESH_MS = 3 * MINUTE;
/** Older answers are worth less than our defaults. */
export const STALE_MS = 24 * 60 * MINUTE;
/** Past this share of its freshness an answer is renewed in the background when it is used. */
const RENEW_FROM = 0.9;
/** Past this share it is renewed along with a question about somebody else. */
const RENEW_ALONG_FROM = 0.5;

/**
 * `fresh` and `ageing` answers are used as they are, the latter renewed meanwhile; `stale` ones only
 * where the CMS does not answer in time; `expired` ones never.
 */
export type Standing = 'fresh' | 'ageing' | 'stale' | 'expired';

export interface Answered {
  ageMs: number;
  /** The person had no settings of their own. */
  fallback: boolean;
  /** Something newer has been announced since the question was asked. */
  overtaken: boolean;
}

/** Whether an answer is old enough to be renewed where that costs no question of its own. */
export function renewable({ ageMs, fallback, overtaken }: Answered): boolean {
  return overtaken || ageMs >= freshFor(fallback) * RENEW_ALONG_FROM;
}

const freshFor = (fallback: boolean) => (fallback ? FALLBACK_FRESH_MS : FRESH_MS);

/** @returns the standing; a negative age, which clocks that disagree bring about, counts as none */
export function standingOf({ ageMs, fallback, overtaken }: Answered): Standing {
  if (ageMs >= STALE_MS) return 'expired';
  const freshMs = freshFor(fallback);
  if (overtaken || ageMs >= freshMs) return 'stale';
  return ageMs >= freshMs * RENEW_FROM ? 'ageing' : 'fresh';
}

/** Whether an answer may be used without asking the CMS first. */
export const usable = (standing: Standing): boolean =>
  standing === 'fresh' || standing === 'ageing';

/**
 * When a batch that opens with these preferences is to be compared with the CMS: at once where they are
 * not what the CMS said lately.
 * @param intervalSeconds how long what the CMS said is believed without a webhook
 */
export function compareAt(
  { source, age_seconds }: { source: PreferenceSource; age_seconds: number },
  now: Date,
  intervalSeconds: number,
): Date {
  const believed = source === 'cms' || source === 'cache';
  const seconds = believed ? Math.max(0, intervalSeconds - age_seconds) : 0;
  return new Date(now.getTime() + seconds * 1000);
}
