import { tellUsageSince, toldUsageFrom } from '../db/queries/usage.ts';
import {
  anyWrittenFiles,
  type WrittenFile,
  writeBackAgain,
  writeBackSince,
  writtenFilesFrom,
} from '../db/queries/written-back.ts';
import type { Deps } from '../deps.ts';
import { lostSince } from '../domain/lost-writes.ts';
import { isRefusal, StoreError } from '../stores/store-error.ts';
import { inParallel } from './in-parallel.ts';

/** Nobody restores a backup that is older. */
const WINDOW_MS = 30 * 86_400_000;
const WIDTH = 5;
/** Requests to the CMS at a time: looking must not slow its readers down. */
const PARALLEL = 4;
/** Looks at batches from anywhere, for what was changed one by one. */
const ANYWHERE = 25;

/**
 * `cms-compare`: looks at a few of the things the CMS has acknowledged. One that was restored from a
 * backup, or wiped and filled again, is told once more of all it has forgotten. A file or company the
 * CMS does not have says nothing; a CMS that does not answer is looked at another time.
 */
export async function compareWithCms(deps: Deps): Promise<void> {
  const since = new Date(Date.now() - WINDOW_MS);
  try {
    await compareFiles(deps, since);
    await compareUsage(deps, since);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    deps.log.info({ err: error }, 'the CMS could not be compared; another time');
  }
}

async function compareFiles(deps: Deps, since: Date): Promise<void> {
  const { sql } = deps.db;
  const lost = await lostSince(WIDTH, async (rank) => {
    const { newest, files } = await writtenFilesFrom(sql, since, rank, WIDTH);
    return newest && { newest, ...verdictOf(await knownOf(deps, files)) };
  });
  if (lost) return report(deps, 'file', await writeBackSince(sql, latest(lost, since)));
  const files = await anyWrittenFiles(sql, since, ANYWHERE);
  const known = await knownOf(deps, files);
  const forgotten = files.filter((_file, index) => known[index] === false);
  if (forgotten.length === 0) return;
  await writeBackAgain(
    sql,
    forgotten.map(({ batch_id }) => batch_id),
  );
  report(deps, 'file', forgotten.length);
}

async function compareUsage(deps: Deps, since: Date): Promise<void> {
  const { sql } = deps.db;
  const lost = await lostSince(WIDTH, async (rank) => {
    const told = await toldUsageFrom(sql, since, rank, WIDTH);
    const known = await inParallel(told, PARALLEL, async ({ company_id, told_usage }) => {
      const company = await deps.cms.company(company_id);
      return company && company.notification_usage === told_usage;
    });
    return told[0] ? { newest: told[0].written_at, ...verdictOf(known) } : null;
  });
  if (lost) report(deps, 'usage', await tellUsageSince(sql, latest(lost, since)));
}

const knownOf = (deps: Deps, files: WrittenFile[]) =>
  inParallel(files, PARALLEL, (file) => isKnown(deps, file));

/** Whether the CMS still says of a file what it was told; null where it does not have the file or cannot. */
async function isKnown(deps: Deps, { batch_id, file_document_id }: WrittenFile) {
  const file = await deps.cms.file(file_document_id).catch((error: unknown) => {
    if (isRefusal(error)) return null;
    throw error;
  });
  return file && file.notification_sent === true && file.last_notification_batch === batch_id;
}

function verdictOf(known: (boolean | null)[]) {
  return { contradicted: known.includes(false), agreed: known.includes(true) };
}

const latest = (a: Date, b: Date) => (a > b ? a : b);

function report(deps: Deps, kind: 'file' | 'usage', count: number): void {
  deps.metrics.cmsWritesLost.inc({ kind }, count);
  deps.log.warn({ kind, count }, 'the CMS has forgotten what it was told; telling it again');
}
