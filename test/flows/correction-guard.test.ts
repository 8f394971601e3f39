import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { type Objection, objectionsTo } from '../../src/db/queries/correction-guard.ts';
import { emptyDatabase } from '../support/builtin-cms.ts';
import { documentId } from '../support/system.ts';

/** What our own records say against a correction of a file, one condition at a time. */

let database: Awaited<ReturnType<typeof emptyDatabase>>;
let db: Database;
beforeAll(async () => {
  database = await emptyDatabase();
  await migrateDatabase(database.url);
  db = openDatabase(database.url, 2);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

let document: string;
beforeEach(() => {
  document = documentId();
});

const CREATED = new Date('2026-01-01T12:00:00Z');
const EARLIER = '2026-01-01T11:00:00Z';
const LATER = '2026-01-01T13:00:00Z';

const ADA = { company_id: 1, bot_id: 1, user_email: 'ada@example.com' };
const BOB = { ...ADA, user_email: 'bob@example.com' };
const NOBODY = { company_id: null, bot_id: null, user_email: null };

/** Where somebody's file stands; Ada's failed in its second generation unless told otherwise. */
interface State {
  of?: typeof ADA;
  generation?: number;
  status?: 'failed' | 'success' | 'processing';
  stage?: 'failed' | 'completed' | 'storage';
  deleted?: boolean;
  moved?: string;
}

async function stands(state: State): Promise<void> {
  const { of = ADA, generation = 2, status = 'failed', deleted = false, moved = EARLIER } = state;
  const stage = state.stage ?? (status === 'failed' ? 'failed' : 'completed');
  await db.sql`
    insert into file_processing_status (file_document_id, company_id, bot_id, user_email, generation,
      occurred_at, processing_stage, status, deleted_at, updated_at)
    values (${document}, ${of.company_id}, ${of.bot_id}, ${of.user_email}, ${generation}, ${moved},
      ${stage}, ${status}, ${deleted ? moved : null}, ${moved})`;
}

async function accepted(at: string, more: { applied?: boolean; dead?: boolean; of?: string } = {}) {
  await db.sql`
    insert into file_events (event_id, chunk_id, received_at, occurred_at, action, file_document_id,
      company_id, bot_id, user_email, payload, applied_at, dead_lettered_at)
    values (${documentId('event')}, gen_random_uuid(), ${at}, ${at}, 'update', ${more.of ?? document},
      1, 1, 'ada@example.com', '{}', ${more.applied ? at : null}, ${more.dead ? at : null})`;
}

/** What is said against the correction of generation 2, of Ada's file or of nobody's in particular. */
async function objection(owner: typeof ADA | typeof NOBODY): Promise<Objection | undefined> {
  const task = { id: 7, file_document_id: document, generation: 2, created_at: CREATED, ...owner };
  return (await objectionsTo(db.sql, [task])).get(7);
}

const running = { status: 'processing', stage: 'storage' } as const;

it.each<[string, State[], Objection | undefined]>([
  ['her file failed', [{}], undefined],
  ['it is in a newer generation', [{ generation: 3 }], 'newer generation'],
  ['it began anew after it was forgotten', [{ generation: 1 }], 'it was forgotten and began anew'],
  ['it succeeded', [{ status: 'success' }], 'it succeeded'],
  ['a stage of it succeeded', [{ ...running, status: 'success' }], 'its ingestion is under way'],
  ['it is being ingested', [running], 'its ingestion is under way'],
  ['it was deleted since', [{ deleted: true, moved: LATER }], 'it was deleted'],
  ['it was deleted before', [{ deleted: true }], undefined],
  ['Bob’s of the same id failed, however often', [{}, { of: BOB, generation: 9 }], undefined],
  ['Bob’s failed for the first time', [{}, { of: BOB, generation: 1 }], undefined],
  ['Bob’s succeeded', [{}, { of: BOB, status: 'success' }], 'another owner has it'],
  ['Bob’s is being ingested', [{}, { of: BOB, ...running }], 'another owner has it'],
  [
    'Bob’s was deleted',
    [{}, { of: BOB, status: 'success', deleted: true, moved: LATER }],
    undefined,
  ],
  [
    'hers of another bot succeeded',
    [{}, { of: { ...ADA, bot_id: 2 }, status: 'success' }],
    'another owner has it',
  ],
  [
    'hers of another company succeeded',
    [{}, { of: { ...ADA, company_id: 2 }, status: 'success' }],
    'another owner has it',
  ],
])('against a correction of Ada’s file, when %s: %j is %s', async (_, states, expected) => {
  for (const state of states) await stands(state);
  expect(await objection(ADA)).toBe(expected);
});

it.each<[string, State[], Objection | undefined]>([
  ['nothing is known of the file', [], undefined],
  ['it failed', [{}], undefined],
  ['it failed again', [{ generation: 3 }], 'newer generation'],
  ['one owner’s failed less often', [{ generation: 1 }], undefined],
  ['anybody’s succeeded', [{}, { of: BOB, status: 'success' }], 'it succeeded'],
  ['it was deleted since', [{ deleted: true, moved: LATER }], undefined],
  ['its ingestion was given up', [running], undefined],
])('against what a producer asked for, when %s: %j is %s', async (_, states, expected) => {
  for (const state of states) await stands(state);
  expect(await objection(NOBODY)).toBe(expected);
});

it('an ingestion that was given up objects once anything was heard of it since', async () => {
  await stands(running);
  await accepted(EARLIER, { applied: true });
  expect(await objection(NOBODY)).toBeUndefined();
  await accepted(LATER, { applied: true });
  expect(await objection(NOBODY)).toBe('its ingestion is under way');
});

it('a failure that was heard of since is no objection', async () => {
  await stands({});
  await accepted(LATER, { applied: true });
  expect(await objection(NOBODY)).toBeUndefined();
});

it('an event that is accepted but not applied is waited for, one that is settled is not', async () => {
  await stands({});
  await accepted(EARLIER, { applied: true });
  await accepted(EARLIER, { dead: true });
  await accepted(EARLIER, { of: documentId('other') });
  expect(await objection(ADA)).toBeUndefined();
  await accepted(EARLIER);
  expect(await objection(ADA)).toBe('waiting');
  expect(await objection(NOBODY)).toBe('waiting');
});

it('each task of a set is judged for itself', async () => {
  await stands({ status: 'success' });
  const good = { id: 1, file_document_id: document, generation: 2, created_at: CREATED, ...ADA };
  const other = { ...good, id: 2, file_document_id: documentId() };
  expect([...(await objectionsTo(db.sql, [good, other]))]).toEqual([[1, 'it succeeded']]);
});
