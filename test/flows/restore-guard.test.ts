import { expect, it } from 'vitest';
import { restoreFacts } from '../../src/db/queries/restore-guard.ts';
import type { RestoreFacts } from '../../src/domain/restore-obstacle.ts';
import { ORPHANED } from '../../src/domain/store-audit.ts';
import {
  ADA,
  BOB,
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

/** What our own records say against undoing a correction, one condition at a time. */

const lab = standingLab();

/** The facts that hold, of the correction of Ada's file unless told otherwise. */
async function holding(owner: Owner = ADA, category?: string): Promise<string[]> {
  const facts = await restoreFacts(
    lab.sql,
    await lab.correction(owner, category ? { category } : {}),
  );
  return Object.entries(facts as RestoreFacts)
    .filter(([, holds]) => holds)
    .map(([name]) => name);
}

const gone = { deleted: true, moved: LATER } as const;

it.each<[string, State[], string[]]>([
  ['it failed', [{}], []],
  ['it is being ingested', [RUNNING], ['under_way']],
  ['a stage of it succeeded', [{ ...RUNNING, status: 'success' }], ['under_way']],
  ['it succeeded', [SUCCEEDED], ['succeeded']],
  ['Bob’s of the same id is being ingested', [{}, { of: BOB, ...RUNNING }], ['under_way']],
  ['Bob’s succeeded', [{}, { of: BOB, ...SUCCEEDED }], ['succeeded']],
  ['it was deleted since', [gone], ['deleted']],
  ['it was deleted while it was being ingested', [{ ...RUNNING, ...gone }], ['deleted']],
  ['it was deleted after it succeeded', [{ ...SUCCEEDED, ...gone }], ['deleted']],
  ['it was deleted before', [{ deleted: true }], []],
  ['only Bob’s was deleted', [{}, { of: BOB, ...gone }], []],
  ['it was deleted, and Bob’s succeeded', [gone, { of: BOB, ...SUCCEEDED }], ['succeeded']],
  ['it was deleted, and Bob’s failed', [gone, { of: BOB }], ['deleted']],
  ['it was deleted so long ago that it was forgotten', [], ['deleted']],
  [
    'it was forgotten, and hers of another bot failed',
    [{ of: { ...ADA, bot_id: 2 } }],
    ['deleted'],
  ],
  ['the same of another company', [{ of: { ...ADA, company_id: 2 } }], ['deleted']],
])('of Ada’s file, when %s: %j gives %j', async (_, states, expected) => {
  await lab.stands(...states);
  expect(await holding()).toEqual(expected);
});

it('a file that was deleted before its leftovers were found is none that was deleted since', async () => {
  expect(await holding(ADA, ORPHANED)).toEqual([]);
});

it.each<[string, State[], string[]]>([
  ['nothing is known of the file', [], []],
  ['everybody deleted it', [gone, { of: BOB, ...gone }], ['deleted']],
  ['everybody deleted it before', [{ deleted: true }], []],
  ['somebody still has it', [gone, { of: BOB }], []],
])('of what a producer asked for, when %s: %j gives %j', async (_, states, expected) => {
  await lab.stands(...states);
  expect(await holding(NOBODY)).toEqual(expected);
});

it('an event that is accepted but not applied is waited for, one that is settled is not', async () => {
  await lab.stands({});
  await lab.accepted(EARLIER, { applied: true });
  await lab.accepted(EARLIER, { dead: true });
  await lab.accepted(EARLIER, { of: documentId('other') });
  expect(await holding()).toEqual([]);
  await lab.accepted(EARLIER);
  expect(await holding()).toEqual(['waiting']);
});

it.each(['pending', 'awaiting_approval', 'processing'])(
  'a correction of the file that is %s stands against it, whosever it is',
  async (status) => {
    await lab.stands({});
    await lab.correction(BOB, { status });
    expect(await holding()).toEqual(['open']);
  },
);

it('corrections that are over, and those of other files, do not', async () => {
  await lab.stands({});
  for (const status of ['completed', 'failed', 'cancelled', 'dry_run'])
    await lab.correction(BOB, { status });
  const { document } = lab;
  lab.document = documentId('other');
  await lab.correction(ADA, { status: 'pending' });
  lab.document = document;
  expect(await holding()).toEqual([]);
});

it('of a correction that does not exist there are no facts', async () => {
  expect(await restoreFacts(lab.sql, 2 ** 40)).toBeNull();
});
