/** At most `limit` things in any `periodMs` milliseconds. */
export interface RateLimit {
  limit: number;
  periodMs: number;
}

/** Places asked for and got. */
export interface Places {
  /** From 0 to as many as were asked for. */
  taken: number;
  /** Milliseconds until one more is free; 0 where all were taken. */
  waitMs: number;
}

/** Takes up to so many places under some limits. */
export type TakePlaces = (wanted: number) => Promise<Places>;

const PERIODS_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `smtp=10/s,500/m;ses=14/s`, by label; the configuration has seen to the form. */
export function rateLimits(text = ''): Map<string, RateLimit[]> {
  const entries = text.split(';').filter(Boolean);
  return new Map(
    entries.map((entry) => {
      const at = entry.lastIndexOf('=');
      const rates = entry.slice(at + 1).split(',');
      return [entry.slice(0, at), rates.map(rateLimit)];
    }),
  );
}

function rateLimit(rate: string): RateLimit {
  const [limit = '', unit = ''] = rate.split('/');
  return { limit: Number(limit), periodMs: PERIODS_MS[unit] ?? 0 };
}
