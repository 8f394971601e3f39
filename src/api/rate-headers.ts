import { hash } from 'node:crypto';
import type { Response } from 'express';
import type { Config } from '../config.ts';

type Limit = Pick<Config, 'RATE_LIMIT_MAX' | 'RATE_LIMIT_INTERVAL'>;

/** Where a client stands: what it may still ask for until everybody is counted anew. */
interface Standing {
  client: string;
  remaining: number;
  resetTime: Date | undefined;
}

/** Characters of a client's digest that tell its share of the limit from others'. */
const PARTITION_LENGTH = 12;
/** Names of intervals and from how many milliseconds on they are used. */
const UNITS = [
  { name: 'day', plural: 'days', from: 86_400_000 },
  { name: 'hr', plural: 'hrs', from: 3_600_000 },
  { name: 'min', plural: 'min', from: 60_000 },
];

/**
 * Makes a function that tells a client of its limit in `RateLimit` and `RateLimit-Policy`, as draft 8 of
 * the IETF has them. The library that counts can do so too, but digests the client's key each time,
 * which is a tenth of the time of a short request.
 */
export function rateHeaders({ RATE_LIMIT_MAX: max, RATE_LIMIT_INTERVAL: interval }: Limit) {
  const name = `"${max}-in-${inWords(interval)}"`;
  /** By client: as many as there are keys. */
  const policies = new Map<string, string>();
  const policyOf = (client: string): string => {
    const known = policies.get(client);
    if (known !== undefined) return known;
    const partition = Buffer.from(hash('sha256', client).slice(0, PARTITION_LENGTH));
    const window = Math.ceil(interval / 1000);
    const policy = `${name}; q=${max}; w=${window}; pk=:${partition.toString('base64')}:`;
    policies.set(client, policy);
    return policy;
  };
  return (response: Response, { client, remaining, resetTime }: Standing): void => {
    response.setHeader('RateLimit', `${name}; r=${remaining}; t=${secondsUntil(resetTime)}`);
    response.setHeader('RateLimit-Policy', policyOf(client));
  };
}

/** Whole seconds until then, never negative; 0 where nobody knows. */
export function secondsUntil(time: Date | undefined): number {
  return time ? Math.max(0, Math.ceil((time.getTime() - Date.now()) / 1000)) : 0;
}

function inWords(milliseconds: number): string {
  const unit = UNITS.find(({ from }) => milliseconds >= from);
  if (!unit) return `${milliseconds / 1000}sec`;
  const count = milliseconds / unit.from;
  return `${count}${count > 1 ? unit.plural : unit.name}`;
}
