import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CORRECTION_ACTIONS } from './corrections.ts';
import { accountText, removalAccount } from './removal-account.ts';

const ALL = [...CORRECTION_ACTIONS];
const step = (action: string, result: string, count?: number) => ({ action, result, count });

describe('what a correction has removed', () => {
  it('is counted per store, and nothing is not mentioned', () => {
    const log = [step('chroma_delete', 'proven', 3), step('s3_delete', 'proven', 0)];
    expect(removalAccount(ALL, log, true)).toEqual({ chroma: 3 });
  });

  it('is not known where an attempt failed, even if a later one found nothing', () => {
    const log = [
      step('s3_delete', 'failed'),
      step('s3_delete', 'proven', 0),
      step('chroma_delete', 'failed'),
    ];
    expect(removalAccount(ALL, log, true)).toEqual({ s3: null, chroma: null });
  });

  it('is not known where the process died before it wrote anything down', () => {
    expect(removalAccount(ALL, [], true)).toEqual({ s3: null, chroma: null });
    expect(removalAccount(['cms_delete'], [], true)).toEqual({ cms: null });
  });

  it('starts over with a second look', () => {
    const log = [step('s3_delete', 'proven', 1), step('second_look', 'found')];
    expect(removalAccount(ALL, log, false)).toEqual({});
  });

  it('is the sum of what was proven, time after time', () => {
    const log = [
      step('s3_delete', 'proven', 2),
      step('s3_delete', 'not_applicable', 5),
      step('s3_delete', 'proven', 1),
    ];
    expect(removalAccount(['s3_delete'], log, true)).toEqual({ s3: 3 });
  });

  it('is not known where one of several proofs did not count', () => {
    const log = [step('s3_delete', 'proven', 2), step('s3_delete', 'proven')];
    expect(removalAccount(['s3_delete'], log, true)).toEqual({ s3: null });
  });

  it('is nothing where an attempt failed that is known to have removed nothing', () => {
    expect(removalAccount(['s3_delete'], [step('s3_delete', 'failed', 0)], true)).toEqual({});
    expect(removalAccount(['s3_delete'], [step('s3_delete', 'failed', 1)], true)).toEqual({
      s3: null,
    });
  });

  it('is not known of the record alone, once the stores before it are settled', () => {
    const log = [step('chroma_delete', 'proven', 0), step('s3_delete', 'not_applicable')];
    expect(removalAccount(ALL, log, true)).toEqual({ cms: null });
  });

  it('is never more than was planned, and nothing where nothing began', () => {
    const steps = fc.record({
      action: fc.constantFrom(...ALL, 'second_look'),
      result: fc.constantFrom('proven', 'failed', 'not_applicable'),
      count: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.subarray(ALL), fc.array(steps), fc.boolean(), (planned, log, began) => {
        const stores = planned.map((action) => action.split('_')[0]);
        expect(stores).toEqual(
          expect.arrayContaining(Object.keys(removalAccount(planned, log, began))),
        );
        expect(removalAccount(planned, [], false)).toEqual({});
      }),
    );
  });
});

it('is told store by store', () => {
  expect(accountText({ chroma: 3, s3: null })).toBe('chroma 3, s3 not known');
  expect(accountText({})).toBe('nothing');
});
