import type { Sql, Transaction } from '../db/client.ts';
import { overdueBatches } from '../db/queries/batches.ts';
import { overdueCorrections } from '../db/queries/corrections.ts';
import { logAttempts, reclaimExpired } from '../db/queries/email-claims.ts';
import { overdueEmails } from '../db/queries/email-lines.ts';
import { eraseContent } from '../db/queries/emails.ts';
import { overdueChunks } from '../db/queries/inbox.ts';
import { staleBatches } from '../db/queries/preferences.ts';
import { expiredQuarantines } from '../db/queries/quarantines.ts';
import { overdueRestores } from '../db/queries/restores.ts';
import { overdueSecondLooks } from '../db/queries/second-looks.ts';
import { dueUsage } from '../db/queries/usage.ts';
import { overdueWriteBacks } from '../db/queries/write-back.ts';
import type { Deps } from '../deps.ts';
import type { Raise } from '../queues/producer.ts';
import type { QueueName } from '../queues/registry.ts';
import { raiseAlert, writeAlert } from './alert.ts';
import { mailAlert } from './alert-mail.ts';
import { applyOptOuts } from './apply-opt-outs.ts';
import { archiveOld } from './archive.ts';
import { comparePreferences } from './compare-preferences.ts';
import { callsToWork } from './correction.ts';

/** Any constant will do; it only has to be the same in every process. */
const SWEEP_LOCK = 7_301_947_224;
const PAGE = 500;
/** A company's usage is told to the CMS at most this often. */
const USAGE_EVERY_MS = 10_000;

/**
 * Puts back in motion whatever Postgres says is due and Redis does not know (promise 2). One process
 * at a time sweeps; the others find the lock taken and leave.
 * @param onPage called after every page, as a sign of life: a long backlog takes its time
 * @returns how many jobs were raised, or null where another process is sweeping
 */
export async function sweep(deps: Deps, onPage = () => {}): Promise<number | null> {
  // Not a reserved connection of the pool: one that is lost meanwhile takes the lock with it, and
  // giving the lock back over it would end the process.
  const { session } = deps.db;
  const [lock] = await session<{ taken: boolean }[]>`
    select pg_try_advisory_lock(${SWEEP_LOCK}) as taken`;
  if (!lock?.taken) return null;
  try {
    return await sweepAll(deps, onPage, deps.db.sql);
  } finally {
    await session`select pg_advisory_unlock(${SWEEP_LOCK})`;
  }
}

async function sweepAll(deps: Deps, onPage: () => void, sql: Sql): Promise<number> {
  await reclaimMails(deps);
  await eraseOldContent(deps);
  const now = new Date();
  // Rows younger than one interval are most likely on their way already.
  const settled = new Date(now.getTime() - deps.config.SWEEP_INTERVAL_SECONDS * 1000);
  let raised = 0;
  const put = async <Name extends QueueName>(name: Name, jobs: Raise<Name>[]) => {
    const count = await deps.producer.ensure(name, jobs);
    if (count > 0) deps.metrics.sweepRaised.inc({ queue: name }, count);
    raised += count;
    onPage();
  };
  for await (const rows of overdueChunks(sql, settled).cursor(PAGE))
    await put(
      'file-events',
      rows.map((row) => ({ payload: row })),
    );
  for await (const rows of overdueBatches(sql, now).cursor(PAGE))
    await put(
      'batch-close',
      rows.map(({ batch_id }) => ({ payload: { batch_id } })),
    );
  for await (const rows of overdueEmails(sql, settled).cursor(PAGE)) {
    const jobs = (rendered: boolean) =>
      rows
        .filter((row) => row.rendered === rendered)
        .map(({ id, place }) => ({ payload: { email_id: id }, place }));
    await put('email-render', jobs(false));
    await put('email-send', jobs(true));
  }
  for await (const rows of overdueCorrections(sql).cursor(PAGE))
    await put(
      'corrections',
      callsToWork(deps, rows).map(({ id }) => ({ payload: { correction_id: id } })),
    );
  for await (const rows of overdueRestores(sql).cursor(PAGE))
    await put(
      'correction-restore',
      rows.map((row) => ({ payload: row })),
    );
  for await (const rows of overdueSecondLooks(sql).cursor(PAGE))
    await put(
      'second-look',
      rows.map((row) => ({ payload: row })),
    );
  for await (const rows of expiredQuarantines(sql).cursor(PAGE))
    await put(
      'quarantine-purge',
      rows.map((row) => ({ payload: row })),
    );
  for await (const rows of staleBatches(sql, settled).cursor(PAGE))
    await put(
      'preferences',
      rows.map((row) => ({ payload: row })),
    );
  for await (const rows of overdueWriteBacks(sql, settled).cursor(PAGE))
    await put(
      'cms-write-back',
      rows.map((row) => ({ payload: row })),
    );
  const counted = new Date(now.getTime() - USAGE_EVERY_MS);
  for await (const rows of dueUsage(sql, counted).cursor(PAGE))
    await put(
      'cms-usage',
      rows.map((row) => ({ payload: row })),
    );
  await callForCompare(deps, now);
  await applyOptOuts(deps);
  await comparePreferences(deps);
  await archiveOld(deps);
  return raised;
}

/** When this process last had the CMS compared. */
const comparedAt = new WeakMap<Deps, Date>();

/** Not by an alarm in the queue: every sweep would set it anew, and it would never go off. */
async function callForCompare(deps: Deps, now: Date): Promise<void> {
  const everyMs = deps.config.WRITE_BACK_COMPARE_SECONDS * 1000;
  const last = comparedAt.get(deps)?.getTime() ?? 0;
  if (everyMs === 0 || now.getTime() - last < everyMs) return;
  comparedAt.set(deps, now);
  await deps.producer.ensure('cms-compare', [{ payload: {} }]);
}

const DAY_MS = 86_400_000;

/** Mail content is kept for `EMAIL_CONTENT_RETENTION_DAYS`; a page per sweep keeps up with any load. */
async function eraseOldContent(deps: Deps): Promise<void> {
  const age = deps.config.EMAIL_CONTENT_RETENTION_DAYS * DAY_MS;
  await eraseContent(deps.db.sql, new Date(Date.now() - age), PAGE);
}

/** Senders that vanished leave their claims behind; the row tells whether the mail may have left. */
async function reclaimMails(deps: Deps): Promise<void> {
  const resend = deps.config.EMAIL_UNKNOWN_POLICY === 'resend';
  for (;;) {
    const { count, alerts } = await deps.db.sql.begin((tx) => reclaimPage(tx, deps, resend));
    for (const alert of alerts) await raiseAlert(deps, alert);
    if (count < PAGE) return;
  }
}

async function reclaimPage(tx: Transaction, deps: Deps, resend: boolean) {
  const reclaimed = await reclaimExpired(tx, resend, PAGE);
  const alerts: (number | null)[] = [];
  const attempts = reclaimed.map((email) => ({
    email,
    outcome: email.handed_over_at ? 'unknown' : 'transient',
    transport: null,
    reason: email.error_message ?? 'the sender vanished',
    nextRetryAt: null,
  }));
  await logAttempts(tx, attempts);
  for (const { email, reason } of attempts) {
    const alert = email.send_status !== 'pending' && mailAlert(email, email.send_status, reason);
    if (alert) alerts.push(await writeAlert(tx, deps, alert));
  }
  return { count: reclaimed.length, alerts };
}

/**
 * Sweeps every interval until stopped.
 * @returns the stop function, which waits for a sweep in progress, and when a sweep last came on or ended, well or not
 */
export function startSweeping(deps: Deps): { stop(): Promise<void>; lastSweepAt(): number } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let last = Date.now();
  let running = Promise.resolve();
  const once = async () => {
    try {
      await sweep(deps, () => {
        last = Date.now();
      });
    } catch (error) {
      deps.log.warn({ err: error }, 'sweep failed; the next one comes');
    }
    last = Date.now();
    if (!stopped) timer = setTimeout(start, deps.config.SWEEP_INTERVAL_SECONDS * 1000);
  };
  const start = () => {
    running = once();
  };
  start();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return running;
    },
    lastSweepAt: () => last,
  };
}
