import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileEvent } from '../../src/contracts/file-events.ts';
import type { Sql, Transaction } from '../../src/db/client.ts';
import { endCorrections } from '../../src/db/queries/correction-books.ts';
import { objectionsTo } from '../../src/db/queries/correction-guard.ts';
import {
  claimEmails,
  type LeasedClaim,
  recordHandOvers,
} from '../../src/db/queries/email-claims.ts';
import { saveRendered } from '../../src/db/queries/emails.ts';
import { acceptEvents, newEvent, ownersOfChunk } from '../../src/db/queries/inbox.ts';
import { sharedObjects } from '../../src/db/queries/shared-objects.ts';
import type { Deps } from '../../src/deps.ts';
import { archiveOld } from '../../src/workers/archive.ts';
import { event, type System, startSystem } from '../support/system.ts';

/** What is done to sets costs the same however the tables have grown since the planner last looked at them. */

let system: System;
let sql: Sql;
beforeAll(async () => {
  system = await startSystem({ workers: false });
  sql = system.deps.db.sql;
});
afterAll(() => system?.stop());

const addBatches = (count: number, closedBy: 'due' | null) => sql`
  insert into batch_processing_sessions (company_id, bot_id, user_email, batch_start_time, due_at,
    status, closed_by, user_preferences_snapshot, preferences_source)
  select 1, 1, 'p' || n || '@example.com', now(), now() + interval '1 hour',
    case when ${closedBy}::text is null then 'processing' else 'completed' end, ${closedBy},
    '{}'::jsonb, 'cms'
  from generate_series(1, ${count}::int) n`;

it("looks for an owner's open batch by the owner, though none was open when the table was analysed", async () => {
  await addBatches(2000, 'due');
  await sql`analyze batch_processing_sessions`;
  await addBatches(5000, null);
  const chunk = randomUUID();
  const events = Array.from({ length: 20 }, (_, nth) =>
    fileEvent.parse(event(`p${nth + 1}@example.com`, `document-${nth}`)),
  );
  await acceptEvents(
    sql,
    chunk,
    events.map((payload, nth) => newEvent(payload, `owner-${nth}`)),
  );
  const read = await sql.begin(async (tx) => {
    const before = await rowsRead(tx, 'batch_processing_sessions');
    expect((await ownersOfChunk(tx, chunk)).filter(({ open }) => open)).toHaveLength(20);
    return (await rowsRead(tx, 'batch_processing_sessions')) - before;
  });
  expect(read).toBeLessThanOrEqual(2 * 20);
});

const addMails = (count: number, status: 'sent' | 'pending') => sql<{ id: number }[]>`
  insert into email_notification_log (recipient_email, subject_key, max_attempts, send_status, rendered_at)
  select 'p' || n || '@example.com', gen_random_uuid(), 5, ${status}, now()
  from generate_series(1, ${count}::int) n returning id`;

describe('mails are looked up by their ids, though few were pending when the table was analysed', () => {
  let claims: LeasedClaim[];
  beforeAll(async () => {
    await addMails(2000, 'sent');
    await addMails(10, 'pending');
    await sql`analyze email_notification_log`;
    const pending = await addMails(5000, 'pending');
    claims = pending.slice(0, 20).map(({ id }) => ({ id, token: randomUUID(), leaseSeconds: 60 }));
  });

  it.each<[string, (db: Transaction) => Promise<unknown[]>]>([
    ['rendered', (db) => saveRendered(db, claims.map(rendered))],
    ['claimed', (db) => claimEmails(db, claims)],
    ['handed over', (db) => recordHandOvers(db, claims)],
  ])('to be %s', async (_what, statement) => {
    const read = await sql.begin(async (tx) => {
      const before = await rowsRead(tx, 'email_notification_log');
      expect(await statement(tx)).toHaveLength(claims.length);
      return (await rowsRead(tx, 'email_notification_log')) - before;
    });
    // A claim reads its row to lock it and to change it, and both read what has not been cleared away.
    expect(read).toBeLessThanOrEqual(3 * claims.length);
  });
});

const rendered = ({ id }: { id: number }) => ({
  id,
  subject: 'ready',
  html: null,
  text: 'ready',
  messageId: `<${id}@example.com>`,
});

describe('though files and events were never analysed', () => {
  const FILES = 20_000;
  const ASKED = 500;
  beforeAll(async () => {
    await sql`
      insert into file_processing_status (file_document_id, company_id, bot_id, user_email,
        occurred_at, processing_stage, status, storage_key)
      select 'known-' || n, 1, 1, 'p@example.com', now(), 'failed', 'failed', 'key-' || n
      from generate_series(1, ${FILES}::int) n`;
    await sql`
      insert into file_events (event_id, chunk_id, occurred_at, action, file_document_id, company_id,
        bot_id, user_email, payload, applied_at, outcome)
      select 'known-' || n, gen_random_uuid(), now(), 'create', 'known-' || n, 1, 1, 'p@example.com',
        '{}'::jsonb, now(), 'applied'
      from generate_series(1, ${FILES}::int) n`;
  });

  it('the guard looks up the files of a set, each by its document', async () => {
    const tasks = Array.from({ length: ASKED }, (_, nth) => ({
      id: nth,
      file_document_id: `known-${nth + 1}`,
      generation: 1,
      company_id: 1,
      bot_id: 1,
      user_email: 'p@example.com',
      created_at: new Date(),
    }));
    const read = await sql.begin(async (tx) => {
      const before = await rowsRead(tx, 'file_processing_status', 'file_events');
      expect((await objectionsTo(tx, tasks)).size).toBe(0);
      return (await rowsRead(tx, 'file_processing_status', 'file_events')) - before;
    });
    expect(read).toBeLessThanOrEqual(2 * ASKED);
  });

  it('who else lives by an object is looked up by its key', async () => {
    const objects = Array.from({ length: ASKED }, (_, nth) => ({
      documentId: `known-${nth + 1}`,
      storageKey: `key-${nth + 1}`,
      isPrefix: false,
    }));
    const read = await sql.begin(async (tx) => {
      const before = await rowsRead(tx, 'file_processing_status');
      expect((await sharedObjects(tx, objects)).size).toBe(0);
      return (await rowsRead(tx, 'file_processing_status')) - before;
    });
    expect(read).toBeLessThanOrEqual(ASKED);
  });

  it('and by the folders it is in, of which another file may have one for its key', async () => {
    const folder = randomUUID();
    const objects = Array.from({ length: ASKED }, (_, nth) => ({
      documentId: `known-${nth + 1}`,
      storageKey: `${folder}/${nth % 2 ? 'live' : 'free'}/sub/${nth}`,
      isPrefix: false,
    }));
    await sql`
      insert into file_processing_status (file_document_id, company_id, bot_id, user_email,
        occurred_at, processing_stage, status, storage_key)
      values ('above', 1, 1, 'p@example.com', now(), 'completed', 'success', ${`${folder}/live/`})`;
    const read = await sql.begin(async (tx) => {
      const before = await rowsRead(tx, 'file_processing_status');
      const sharing = await sharedObjects(tx, objects);
      expect([...new Set(sharing.values())]).toEqual(['kept']);
      expect(sharing.size).toBe(ASKED / 2);
      expect((await sharedObjects(tx, objects, false)).size).toBe(0);
      return (await rowsRead(tx, 'file_processing_status')) - before;
    });
    expect(read).toBeLessThanOrEqual(2 * ASKED);
    const coming = event('p@example.com', 'coming', { storage_key: `${folder}/free/` });
    await acceptEvents(sql, randomUUID(), [newEvent(fileEvent.parse(coming), 'coming')]);
    const sharing = await sharedObjects(sql, objects);
    expect([sharing.size, sharing.get(objects[0]!)]).toEqual([ASKED, 'waiting']);
  });

  it('a sweep that finds nothing old enough reads nothing', async () => {
    let read = 0;
    const begin = <Result>(work: (tx: Transaction) => Promise<Result>) =>
      sql.begin(async (tx) => {
        const before = await rowsRead(tx, ...ARCHIVED);
        const result = await work(tx);
        read += (await rowsRead(tx, ...ARCHIVED)) - before;
        return result;
      });
    const { deps } = system;
    const config = { ...deps.config, RETENTION_DAYS: 1 };
    const watched = {
      ...deps,
      config,
      db: { ...deps.db, sql: Object.assign(() => {}, { begin }) },
    };
    await archiveOld(watched as unknown as Deps);
    expect(read).toBe(0);
  });
});

const ARCHIVED = [
  'batch_processing_sessions',
  'batch_files',
  'email_notification_log',
  'file_events',
  'file_processing_status',
  'auto_correction_tasks',
  'processing_errors',
];

/** Rows of the tables that were read so far, one by one or by an index. */
async function rowsRead(tx: Transaction, ...tables: string[]): Promise<number> {
  const [row] = await tx<{ rows: number }[]>`
    select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int as rows
    from pg_stat_xact_user_tables where relname = any(${tables}::text[])`;
  return row?.rows ?? 0;
}

it('settles the failures of a set by its documents, though the table was never analysed', async () => {
  await sql`
    insert into processing_errors (file_document_id, generation, error_category, error_message)
    select 'failed-' || n, 0, 'processing_error', 'the parser gave up'
    from generate_series(1, 4000) n`;
  const token = randomUUID();
  const claimed = await sql<{ id: number }[]>`
    insert into auto_correction_tasks (file_document_id, failure_category, original_error_message,
      correction_actions, status, run_at, started_at, lease_token, lease_expires_at)
    select 'failed-' || n, 'processing_error', 'the parser gave up', '["chroma_delete"]'::jsonb,
      'processing', now(), now(), ${token}::uuid, now() + interval '1 hour'
    from generate_series(1, 1000) n returning id`;
  const read = await sql.begin(async (tx) => {
    const tasks = claimed.map(({ id }) => ({
      id,
      end: { status: 'completed' as const },
      step: null,
    }));
    expect((await endCorrections(tx, token, tasks)).size).toBe(1000);
    const [row] = await tx<{ rows: string; settled: string }[]>`
      select seq_tup_read as rows, n_tup_upd as settled from pg_stat_xact_user_tables
      where relname = 'processing_errors'`;
    return row;
  });
  expect(read).toEqual({ rows: 0, settled: 1000 });
});
