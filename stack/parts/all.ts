import { startChroma } from './chroma.ts';
import { startCms } from './cms.ts';
import { startInboxPart } from './inbox.ts';
import type { PartName, StartPart } from './part.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { startS3 } from './s3.ts';
import { startStrapi } from './strapi.ts';

/** Every part: the variables that say somebody else provides it, and how to start it if not. */

interface Part {
  isGiven(env: Readonly<Record<string, string>>): boolean;
  start: StartPart;
}

const PARTS: Record<PartName, Part> = {
  postgres: {
    // The built-in CMS keeps its own database; one given for Tidings is not used for it.
    isGiven: (env) => Boolean(env.DATABASE_URL && (env.CMS_DATABASE_URL || env.CMS_API_URL)),
    start: startPostgres,
  },
  redis: { isGiven: (env) => Boolean(env.REDIS_URL), start: startRedis },
  chroma: { isGiven: (env) => Boolean(env.CHROMA_URL), start: startChroma },
  // A bucket without an endpoint is one at AWS.
  s3: { isGiven: (env) => Boolean(env.S3_ENDPOINT || env.S3_BUCKET), start: startS3 },
  inbox: { isGiven: sendsElsewhere, start: startInboxPart },
  cms: { isGiven: (env) => Boolean(env.CMS_API_URL), start: startCms },
};

/** The parts, of those considered, that nothing in the environment provides. */
export function partsToStart(
  env: Readonly<Record<string, string>>,
  considered: readonly PartName[] = Object.keys(PARTS) as PartName[],
): PartName[] {
  const withoutCms = !considered.includes('cms');
  return considered.filter((name) => {
    if (name === 'postgres' && withoutCms) return !env.DATABASE_URL;
    return !PARTS[name].isGiven(env);
  });
}

/** Both serve the same contract. */
export type CmsKind = 'builtin' | 'strapi';

/** How to start a part. */
export function startOf(name: PartName, cms: CmsKind = 'builtin'): StartPart {
  return name === 'cms' && cms === 'strapi' ? startStrapi : PARTS[name].start;
}

/** Mail goes to a server of the person's own, or not by SMTP at all. */
function sendsElsewhere(env: Readonly<Record<string, string | undefined>>): boolean {
  const transports = (env.EMAIL_TRANSPORTS || 'smtp').split(',').map((name) => name.trim());
  return Boolean(env.SMTP_SERVER) || !transports.includes('smtp');
}
