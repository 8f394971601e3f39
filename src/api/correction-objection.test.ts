import { expect, test } from 'vitest';
import { CORRECTION_STATUSES } from '../contracts/corrections.ts';
import { correctionObjection } from './correction-objection.ts';

test.each([
  [
    'awaiting_approval',
    'retry',
    'is awaiting_approval, which does not allow retry: approve it instead.',
  ],
  ['failed', 'retry', 'does not allow retry: another correction of the file is open.'],
  ['dry_run', 'approve', 'is dry_run, which does not allow approve: retry it instead.'],
  ['processing', 'cancel', 'is processing, which does not allow cancel: it is running.'],
] as const)('a correction that is %s says why it does not allow %s', (status, move, rest) => {
  expect(correctionObjection({ id: 105, status, held_by: null, restoring: false }, move)).toBe(
    `Correction 105 ${rest}`,
  );
});

test('one that a brake holds says so', () => {
  const held = { id: 105, status: 'pending', held_by: 'company:1', restoring: false } as const;
  expect(correctionObjection(held, 'retry')).toContain('the brake company:1 holds it');
});

test('only what may be retried is kept from it by another one', () => {
  const blocked = CORRECTION_STATUSES.filter((status) =>
    correctionObjection({ id: 1, status, held_by: null, restoring: false }, 'retry').includes(
      'another',
    ),
  );
  expect(blocked).toEqual(['failed', 'cancelled', 'dry_run']);
});

test('one whose file is being put back says so first', () => {
  const restored = { id: 105, status: 'completed', held_by: null, restoring: true } as const;
  expect(correctionObjection(restored, 'retry')).toContain('is being put back');
});
