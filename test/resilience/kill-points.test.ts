import { randomUUID } from 'node:crypto';
import type { Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueNames } from '../../src/queues/registry.ts';
import { startWorkers } from '../../src/workers/start-workers.ts';
import { startSweeping } from '../../src/workers/sweep.ts';
import { type FaultySmtp, startFaultySmtp } from '../support/smtp-faults.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { bundleCrashingWorker } from './crash.ts';
import { dieAtEveryPoint, type KillPoint, nameOf } from './kill-everywhere.ts';
import { killScenarios } from './kill-scenarios.ts';
import { type Leftovers, leftoversOf } from './leftovers.ts';
import { expireLeases, makeAllDue, miscounted, settled, unaccounted, underWay } from './settle.ts';

/**
 * A worker killed right before and right after every commit and every external effect of each
 * processor, by list. All the dying comes first; then healthy workers go on, and whoever was in the
 * middle of something must end up as if nobody had died.
 */

const OPERATOR = `operator-${randomUUID()}@example.com`;

let system: System;
let refusing: FaultySmtp;
let leftovers: Leftovers;
let points: KillPoint[];
let workers: Worker[] = [];
let sweeping: { stop(): Promise<void> } | undefined;

/** Died in by `undo-kill-points.test.ts`; the compare only looks, and the next one finds the same again. */
const ELSEWHERE = ['correction-restore', 'second-look', 'quarantine-purge', 'cms-compare'];
const OWN = queueNames.filter((name) => !ELSEWHERE.includes(name));

beforeAll(async () => {
  refusing = await startFaultySmtp();
  refusing.script(({ stage }) => (stage === 'rcpt' ? { at: 'rcpt', reply: '550 no' } : undefined));
  system = await startSystem({
    workers: false,
    env: {
      OPERATOR_EMAIL: OPERATOR,
      CHROMA_COLLECTION: 'kill-points',
      // A job that took others with it would die at other points.
      CORRECTIONS_PER_RUN: '1',
    },
  });
  leftovers = await leftoversOf(system);
  await bundleCrashingWorker();
  const scenarios = killScenarios(system, leftovers, refusing.port);
  points = await dieAtEveryPoint(system.env, scenarios);
  const { sql } = system.deps.db;
  await expireLeases(sql);
  await makeAllDue(sql);
  workers = startWorkers(system.deps, queueNames);
  sweeping = startSweeping(system.deps);
  await until('everything that moves an alarm is over', async () => {
    const { events, stale } = await underWay(sql);
    const queued = await system.deps.producer
      .queue('file-events')
      .getJobCounts('waiting', 'active');
    return !events && !stale && queued.waiting === 0 && queued.active === 0;
  });
  await makeAllDue(sql);
  await settled(system);
}, 240_000);

afterAll(async () => {
  await sweeping?.stop();
  await Promise.all(workers.map((worker) => worker.close()));
  await system?.stop();
  await refusing?.close();
});

/** After the hand-over was noted and before its outcome was, nobody can know whether the mail left. */
function isUncertain({ scenario, effects, effect, when }: KillPoint): boolean {
  if (scenario.name !== 'send') return false;
  // The send is begun before the hand-over it contains, and ends after it.
  if (effects[effect] === 'send') return when === 'after';
  const handOver = effects.lastIndexOf('update email_notification_log');
  const position = (nth: number, side: 'before' | 'after') => nth * 2 + (side === 'after' ? 1 : 0);
  const at = position(effect, when);
  const noted = position(handOver, 'after');
  return at >= noted && at <= position(effects.indexOf('insert notification_retry_log'), 'before');
}

async function wrongPoints(isRight: (point: KillPoint) => Promise<boolean>): Promise<string[]> {
  const checks = await Promise.all(
    points.map(async (point) => ((await isRight(point)) ? [] : [nameOf(point)])),
  );
  return checks.flat();
}

describe('whatever a worker was killed in', () => {
  it('tried every processor, and each of its effects from both sides', () => {
    expect(new Set(points.map(({ scenario }) => scenario.queue))).toEqual(new Set(OWN));
    expect(points.length).toBeGreaterThan(60);
  });

  it('sends one mail per closed batch, or says that it cannot know', async () => {
    const { sql } = system.deps.db;
    const wrong = await wrongPoints(async (point) => {
      const rows = await sql<{ send_status: string; message_id: string }[]>`
        select send_status, message_id from email_notification_log
        where recipient_email = ${point.person}`;
      const inbox = await system.inbox(point.person);
      const [mail] = rows;
      if (rows.length !== 1 || !mail) return false;
      if (isUncertain(point)) return mail.send_status === 'unknown' && inbox.length <= 1;
      if (mail.send_status === 'failed')
        return point.scenario.env?.SMTP_PORT !== undefined && inbox.length === 0;
      return mail.send_status === 'sent' && inbox.length === 1;
    });
    expect(wrong).toEqual([]);
  });

  it('counts right and accounts for every event', async () => {
    expect(await miscounted(system.deps.db.sql)).toEqual([]);
    expect(await unaccounted(system)).toBe(0);
  });

  it('closes a batch once and carries over what was unfinished, once', async () => {
    const wrong = await wrongPoints(async ({ scenario, person }) => {
      const batches = await system.deps.db.sql<{ status: string; total_files: number }[]>`
        select status, total_files from batch_processing_sessions
        where user_email = ${person} order by id`;
      const carries = scenario.name.startsWith('close');
      if (!carries) return batches.length === 1 && batches[0]?.status !== 'processing';
      const [first, second, ...more] = batches;
      return (
        more.length === 0 &&
        first?.status === 'completed' &&
        second?.status === 'processing' &&
        second.total_files === 1
      );
    });
    expect(wrong).toEqual([]);
  });

  it('leaves nothing of a failed file behind, and the failure resolved', async () => {
    const { sql } = system.deps.db;
    const wrong = await wrongPoints(async ({ person }) => {
      const tasks = await sql<{ file_document_id: string; status: string; resolution: string }[]>`
        select t.file_document_id, t.status, e.resolution_status as resolution
        from auto_correction_tasks t join processing_errors e using (file_document_id)
        where t.user_email = ${person}`;
      const checks = tasks.map(async ({ file_document_id, status, resolution }) => {
        if (status === 'failed') return resolution === 'unresolved';
        const left = await leftovers.left(file_document_id);
        return status === 'completed' && resolution === 'auto_correction' && left.length === 0;
      });
      return (await Promise.all(checks)).every(Boolean);
    });
    expect(wrong).toEqual([]);
  });

  it('tells operators once of each mail and correction that failed for good or is unknown', async () => {
    const rows = await system.deps.db.sql<{ subject: string; alerts: number }[]>`
      select s.subject, count(a.id) as alerts from (
        select 'email_' || send_status || '-' || id as subject from email_notification_log
          where send_status in ('failed', 'unknown')
        union all
        select 'correction_failed-' || id from auto_correction_tasks
          where status = 'failed'
      ) s
      left join email_notification_log a 
        on a.subject_key like s.subject || '-%' and a.send_status = 'sent'
      group by s.subject`;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ alerts }) => alerts !== 1)).toEqual([]);
    expect(await system.inbox(OPERATOR)).toHaveLength(rows.length);
  });

  it('tells the CMS of every file that was reported', async () => {
    const wrong = await wrongPoints(async ({ scenario, person }) => {
      if (scenario.queue !== 'cms-write-back') return true;
      const [row] = await system.deps.db.sql<{ file_document_id: string }[]>`
        select file_document_id from batch_files join batch_processing_sessions using (batch_id)
        where user_email = ${person}`;
      const { body } = await system.cms.call('GET', `/api/files/${row?.file_document_id}`);
      return body.data.notification_sent === true;
    });
    expect(wrong).toEqual([]);
  });

  it('tells the CMS of every mail that counts', async () => {
    const { sql } = system.deps.db;
    await sql`update company_notification_usage set attempted_at = null`;
    await until('every company is told of', async () => {
      const wrong = await wrongPoints(async ({ scenario, person }) => {
        if (scenario.queue !== 'cms-usage') return true;
        const [row] = await sql<{ company_id: number }[]>`
          select company_id from batch_processing_sessions where user_email = ${person}`;
        const { body } = await system.cms.call('GET', `/api/companies/${row?.company_id}`);
        return body.data.notification_usage === 1;
      });
      return wrong.length === 0;
    });
    expect(points.some(({ scenario }) => scenario.queue === 'cms-usage')).toBe(true);
  });
});
