import { expect, it } from 'vitest';
import { generationOf } from '../../src/db/queries/generation.ts';
import {
  ADA,
  BOB,
  EARLIER,
  LATER,
  NOBODY,
  RUNNING,
  SUCCEEDED,
  standingLab,
} from '../support/standing-lab.ts';
import { documentId } from '../support/system.ts';

/** What an ingester is told of a file before it writes, one condition at a time. */

const lab = standingLab();
const asked = (owner: Parameters<typeof generationOf>[2] = {}) =>
  generationOf(lab.sql, lab.document, owner);

it('of a file that is not known there is nothing to say', async () => {
  expect(await asked()).toEqual({
    file_document_id: lab.document,
    generation: 0,
    status: null,
    processing_stage: null,
    occurred_at: null,
    deleted: false,
    owners: 0,
    events_pending: false,
    correction: null,
    open_correction: null,
    removing: false,
    given_up: false,
    restoring: false,
  });
});

it('says where the file of the owner stands that the question fits, and how many it fits', async () => {
  const [bot, company] = [
    { ...ADA, bot_id: 2 },
    { ...ADA, company_id: 2 },
  ];
  await lab.stands(
    { generation: 1 },
    { of: BOB, generation: 2, ...RUNNING },
    { of: bot, generation: 3, deleted: true },
    { of: company, generation: 4, ...SUCCEEDED },
  );
  expect(await asked()).toMatchObject({ owners: 4 });
  expect(await asked(ADA)).toMatchObject({ owners: 1, generation: 1, status: 'failed' });
  expect(await asked(BOB)).toMatchObject({ owners: 1, generation: 2, processing_stage: 'storage' });
  expect(await asked(bot)).toMatchObject({ owners: 1, generation: 3, deleted: true });
  expect(await asked(company)).toMatchObject({ owners: 1, generation: 4, deleted: false });
  expect(await asked({ bot_id: 1 })).toMatchObject({ owners: 3 });
});

it('says that an event is accepted but not applied, until it is settled', async () => {
  await lab.accepted(EARLIER, { applied: true });
  await lab.accepted(EARLIER, { dead: true });
  await lab.accepted(EARLIER, { of: documentId('other') });
  expect(await asked()).toMatchObject({ events_pending: false });
  await lab.accepted(EARLIER);
  expect(await asked()).toMatchObject({ events_pending: true });
});

it('names the newest correction, and the one of its generation that is not over', async () => {
  await lab.stands({ generation: 2 });
  const open = await lab.correction(ADA, { status: 'awaiting_approval' });
  await lab.correction(ADA, { generation: 1, status: 'pending' });
  const newest = await lab.correction(ADA, { generation: 1 });
  const other = lab.document;
  lab.document = documentId('other');
  await lab.correction(ADA, { status: 'processing' });
  lab.document = other;
  expect(await asked()).toMatchObject({
    correction: { id: newest, generation: 1, status: 'completed', cancel_reason: null },
    open_correction: { id: open, generation: 2, status: 'awaiting_approval' },
    removing: false,
  });
});

it('says that a correction is at work, of whichever generation and owner', async () => {
  await lab.stands({ generation: 2 });
  await lab.correction(BOB, { generation: 1, status: 'processing' });
  expect(await asked(ADA)).toMatchObject({ removing: true, open_correction: null });
});

it('says that a producer gave the generation up, until anything is heard of the file', async () => {
  await lab.stands(RUNNING);
  await lab.correction(ADA);
  await lab.correction(NOBODY, { status: 'cancelled' });
  await lab.correction(NOBODY, { generation: 1 });
  expect(await asked()).toMatchObject({ given_up: false });
  await lab.correction(NOBODY);
  await lab.accepted(EARLIER, { applied: true });
  await lab.accepted(LATER, { applied: true, of: documentId('other') });
  expect(await asked()).toMatchObject({ given_up: true });
  await lab.accepted(LATER, { applied: true });
  expect(await asked()).toMatchObject({ given_up: false });
});

it.each([
  ['one at work, whatever the file does', 'processing', [RUNNING], true],
  ['one that is over', 'completed', [{}], false],
  ['one that waits, where the file failed', 'pending', [{}], true],
  ['one that waits, where the file succeeded', 'pending', [SUCCEEDED], true],
  ['one that waits for an ingestion', 'pending', [RUNNING], false],
  ['one that waits for somebody else’s', 'pending', [{}, { of: BOB, ...RUNNING }], false],
  ['one that waits for a stage', 'pending', [{ ...RUNNING, status: 'success' as const }], false],
  ['one that waits, where the file is deleted', 'pending', [{ ...RUNNING, deleted: true }], true],
])('of restores, %s (%s, %j) keeps from writing: %s', async (_, status, states, restoring) => {
  await lab.stands(...states);
  await lab.restore(await lab.correction(ADA), status);
  expect(await asked(ADA)).toMatchObject({ restoring });
});

it('restores and ingestions of other files say nothing', async () => {
  const { document } = lab;
  lab.document = documentId('other');
  await lab.stands(RUNNING);
  await lab.restore(await lab.correction(ADA), 'processing');
  lab.document = document;
  await lab.stands({});
  expect(await asked()).toMatchObject({ restoring: false });
  await lab.restore(await lab.correction(ADA), 'pending');
  expect(await asked()).toMatchObject({ restoring: true });
});
