import { expect, it } from 'vitest';
import { type Objection, objectionsTo } from '../../src/db/queries/correction-guard.ts';
import {
  ADA,
  BOB,
  CREATED,
  EARLIER,
  LATER,
  NOBODY,
  type Owner,
  RUNNING,
  type State,
  SUCCEEDED,
  standingLab,
} from '../support/standing-lab.ts';
import { documentId } from '../support/system.ts';

/** What our own records say against a correction of a file, one condition at a time. */

const lab = standingLab();

/** What is said against the correction of generation 2, of Ada's file or of nobody's in particular. */
async function objection(owner: Owner): Promise<Objection | undefined> {
  const created_at = new Date(CREATED);
  const task = { id: 7, file_document_id: lab.document, generation: 2, created_at, ...owner };
  return (await objectionsTo(lab.sql, [task])).get(7);
}

it.each<[string, State[], Objection | undefined]>([
  ['her file failed', [{}], undefined],
  ['more was heard of her failure since', [{ moved: LATER }], undefined],
  ['it is in a newer generation', [{ generation: 3 }], 'newer generation'],
  ['it began anew after it was forgotten', [{ generation: 1 }], 'it was forgotten and began anew'],
  ['it succeeded', [SUCCEEDED], 'it succeeded'],
  ['a stage of it succeeded', [{ ...RUNNING, status: 'success' }], 'its ingestion is under way'],
  ['it is being ingested', [RUNNING], 'its ingestion is under way'],
  ['it was deleted since', [{ deleted: true, moved: LATER }], 'it was deleted'],
  ['it was deleted before', [{ deleted: true }], undefined],
  ['Bob’s of the same id failed, however often', [{}, { of: BOB, generation: 9 }], undefined],
  ['Bob’s failed for the first time', [{}, { of: BOB, generation: 1 }], undefined],
  ['Bob’s succeeded', [{}, { of: BOB, ...SUCCEEDED }], 'another owner has it'],
  ['Bob’s is being ingested', [{}, { of: BOB, ...RUNNING }], 'another owner has it'],
  ['Bob’s was deleted', [{}, { of: BOB, ...SUCCEEDED, deleted: true, moved: LATER }], undefined],
  [
    'hers of another bot succeeded',
    [{}, { of: { ...ADA, bot_id: 2 }, ...SUCCEEDED }],
    'another owner has it',
  ],
  [
    'hers of another company succeeded',
    [{}, { of: { ...ADA, company_id: 2 }, ...SUCCEEDED }],
    'another owner has it',
  ],
])('against a correction of Ada’s file, when %s: %j is %s', async (_, states, expected) => {
  await lab.stands(...states);
  expect(await objection(ADA)).toBe(expected);
});

it.each<[string, State[], Objection | undefined]>([
  ['nothing is known of the file', [], undefined],
  ['it failed', [{}], undefined],
  ['it failed again', [{ generation: 3 }], 'newer generation'],
  ['one owner’s failed less often', [{ generation: 1 }], undefined],
  ['anybody’s succeeded', [{}, { of: BOB, ...SUCCEEDED }], 'it succeeded'],
  ['it was deleted since', [{ deleted: true, moved: LATER }], undefined],
  ['its ingestion was given up', [RUNNING], undefined],
])('against what a producer asked for, when %s: %j is %s', async (_, states, expected) => {
  await lab.stands(...states);
  expect(await objection(NOBODY)).toBe(expected);
});

it('an ingestion that was given up objects once anything was heard of it since', async () => {
  await lab.stands(RUNNING);
  await lab.accepted(EARLIER, { applied: true });
  await lab.accepted(LATER, { applied: true, of: documentId('other') });
  expect(await objection(NOBODY)).toBeUndefined();
  await lab.accepted(LATER, { applied: true });
  expect(await objection(NOBODY)).toBe('its ingestion is under way');
});

it('a failure that was heard of since is no objection', async () => {
  await lab.stands({});
  await lab.accepted(LATER, { applied: true });
  expect(await objection(NOBODY)).toBeUndefined();
});

it('an event that is accepted but not applied is waited for, one that is settled is not', async () => {
  await lab.stands({});
  await lab.accepted(EARLIER, { applied: true });
  await lab.accepted(EARLIER, { dead: true });
  await lab.accepted(EARLIER, { of: documentId('other') });
  expect(await objection(ADA)).toBeUndefined();
  await lab.accepted(EARLIER);
  expect(await objection(ADA)).toBe('waiting');
  expect(await objection(NOBODY)).toBe('waiting');
});

it('each task of a set is judged for itself', async () => {
  await lab.stands(SUCCEEDED);
  const created_at = new Date(CREATED);
  const good = { id: 1, file_document_id: lab.document, generation: 2, created_at, ...ADA };
  const other = { ...good, id: 2, file_document_id: documentId() };
  expect([...(await objectionsTo(lab.sql, [good, other]))]).toEqual([[1, 'it succeeded']]);
});
