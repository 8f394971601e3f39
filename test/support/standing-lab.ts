import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { emptyDatabase } from './builtin-cms.ts';
import { documentId } from './system.ts';

/** A database without workers, into which a test writes where one file stands, row by row. */

/** When the correction was created that the tests ask about, and times around it. */
export const CREATED = '2026-01-01T12:00:00Z';
export const EARLIER = '2026-01-01T11:00:00Z';
export const LATER = '2026-01-01T13:00:00Z';

export const ADA = { company_id: 1, bot_id: 1, user_email: 'ada@example.com' };
export const BOB = { ...ADA, user_email: 'bob@example.com' };
export const NOBODY = { company_id: null, bot_id: null, user_email: null };
export type Owner = typeof ADA | typeof NOBODY;

/** Where somebody's file stands; Ada's failed in its second generation unless told otherwise. */
export interface State {
  of?: typeof ADA;
  generation?: number;
  status?: 'failed' | 'success' | 'processing';
  stage?: 'failed' | 'completed' | 'storage';
  deleted?: boolean;
  moved?: string;
}
export const RUNNING = { status: 'processing', stage: 'storage' } as const;
export const SUCCEEDED = { status: 'success' } as const;

export interface StandingLab {
  sql: Database['sql'];
  /** The file of the test. */
  document: string;
  stands(...states: State[]): Promise<void>;
  /** An event of the file was accepted: applied or dead-lettered, or neither so far. */
  accepted(at: string, more?: { applied?: boolean; dead?: boolean; of?: string }): Promise<void>;
  /** A correction of the file, of its second generation unless told otherwise. @returns its id */
  correction(
    owner: Owner,
    more?: { status?: string; category?: string; generation?: number },
  ): Promise<number>;
  /** A restore of that correction. */
  restore(correctionId: number, status: string): Promise<void>;
}

/** Call once at the top of a test file. */
export function standingLab(): StandingLab {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let db: Database;
  const lab: StandingLab = {
    get sql() {
      return db.sql;
    },
    document: '',
    async stands(...states) {
      for (const { of = ADA, generation = 2, status = 'failed', ...state } of states) {
        const { moved = EARLIER, deleted = false } = state;
        const stage = state.stage ?? (status === 'failed' ? 'failed' : 'completed');
        await db.sql`
          insert into file_processing_status (file_document_id, company_id, bot_id, user_email,
            generation, occurred_at, processing_stage, status, deleted_at, updated_at)
          values (${lab.document}, ${of.company_id}, ${of.bot_id}, ${of.user_email}, ${generation},
            ${moved}, ${stage}, ${status}, ${deleted ? moved : null}, ${moved})`;
      }
    },
    async accepted(at, { applied, dead, of = lab.document } = {}) {
      await db.sql`
        insert into file_events (event_id, chunk_id, received_at, occurred_at, action,
          file_document_id, company_id, bot_id, user_email, payload, applied_at, dead_lettered_at)
        values (${documentId('event')}, gen_random_uuid(), ${at}, ${at}, 'update', ${of}, 1, 1,
          'ada@example.com', '{}', ${applied ? at : null}, ${dead ? at : null})`;
    },
    async correction(owner, { status = 'completed', ...more } = {}) {
      const { category = 'storage_error', generation = 2 } = more;
      const [row] = await db.sql<{ id: number }[]>`
        insert into auto_correction_tasks (file_document_id, generation, company_id, bot_id,
          user_email, failure_category, original_error_message, correction_actions, mode, status,
          run_at, created_at)
        values (${lab.document}, ${generation}, ${owner.company_id}, ${owner.bot_id}, ${owner.user_email},
          ${category}, 'it failed', '["s3_delete"]', 'auto', ${status}, ${CREATED}, ${CREATED})
        returning id`;
      return row!.id;
    },
    async restore(correctionId, status) {
      await db.sql`
        insert into correction_restores (correction_id, requested_by, status)
        values (${correctionId}, 'operator', ${status})`;
    },
  };
  beforeAll(async () => {
    database = await emptyDatabase();
    await migrateDatabase(database.url);
    db = openDatabase(database.url, 2);
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });
  beforeEach(() => {
    lab.document = documentId();
  });
  return lab;
}
