import { expect, it } from 'vitest';
import { StoreError } from '../stores/store-error.ts';
import { type StepOutcome, stepOutcome, stepRecord } from './remove-leftovers.ts';

/** What is said of a step that had several places to look at. */

const proven = (count: number): StepOutcome => ({
  kind: 'proven',
  detail: `removed ${count}`,
  count,
});
const kept: StepOutcome = { kind: 'not_applicable', detail: 'kept' };
const resting = new StoreError({
  store: 's3',
  operation: 'admission',
  code: 'resting',
  configuration: false,
  retryAfterMs: 1000,
  advice: 'it is left alone',
});
const failed: StepOutcome = { kind: 'failed', detail: 'away', error: resting };

it.each([
  ['nothing was begun', [null, null], null],
  [
    'all are proven',
    [proven(1), proven(2)],
    { kind: 'proven', detail: 'removed 1; removed 2', count: 3 },
  ],
  [
    'some stay for others',
    [kept, proven(1)],
    { kind: 'proven', detail: 'kept; removed 1', count: 1 },
  ],
  ['all stay for others', [kept, kept], kept],
  ['one failed', [proven(0), failed], { ...failed, partly: false }],
  ['one failed after another was removed', [proven(2), failed], { ...failed, partly: true }],
  ['one was called off', [proven(0), null], null],
] as const)('where %s', (_what, outcomes, expected) => {
  expect(stepOutcome(outcomes)).toEqual(expected);
});

it('never says that nothing was removed where something may have been', () => {
  const record = (...outcomes: (StepOutcome | null)[]) =>
    stepRecord(1, 's3_delete', stepOutcome(outcomes)!).entry;
  expect(record(failed)).toMatchObject({ result: 'failed', count: 0 });
  expect(record(proven(2), failed)).not.toHaveProperty('count');
  expect(record(proven(2), null)).toMatchObject({ result: 'failed' });
  expect(record(proven(2), null)).not.toHaveProperty('count');
});
