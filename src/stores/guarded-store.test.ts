import { beforeEach, describe, expect, it } from 'vitest';
import { storedFile } from '../../test/support/one-file.ts';
import { rateWindow } from '../domain/rate-window.ts';
import { guardedStore, RATE_LIMITED } from './guarded-store.ts';
import type { LeftoverStore } from './store.ts';
import { StoreError } from './store-error.ts';

const files = ['a', 'b', 'c', 'd', 'e'].map((id) => storedFile(id, id));
const circuit = { failuresToOpen: 2, openMs: 1000 };
const failure = (blames: 'store' | 'file', timedOut = false) =>
  new StoreError({
    store: 's3',
    operation: 'delete',
    code: 'x',
    configuration: false,
    advice: 'none',
    blames,
    timedOut,
  });

let now: number;
let asked: number;
let answer: () => StoreError | null;
beforeEach(() => {
  now = 5000;
  asked = 0;
  answer = () => null;
});

function guarded(limit = 1000) {
  const window = rateWindow([{ limit, periodMs: 1000 }]);
  const store: LeftoverStore = {
    name: 's3',
    applicable: () => null,
    remove: async (some) => {
      asked += 1;
      return some.map(() => answer() ?? { removed: 1, detail: 'gone' });
    },
    remaining: async (some) => some.map(() => answer() ?? 0),
    check: async () => {},
  };
  const takePlaces = async (wanted: number) => window.take(now, wanted);
  return guardedStore(store, { circuit, takePlaces, now: () => now });
}

/** One step as a worker takes it. */
async function step(store: ReturnType<typeof guarded>, some = files) {
  const { admitted, refusal } = await store.admit(some.length);
  if (admitted > 0) await store.remove(some.slice(0, admitted));
  return { admitted, refusal };
}

describe('what else it is asked', () => {
  const ask = (store: ReturnType<typeof guarded>, error?: Error) =>
    store.watch(async () => {
      if (error) throw error;
      return 'an answer';
    });

  it('opens the circuit by failing and closes it by an answer', async () => {
    const store = guarded();
    await expect(ask(store, failure('store'))).rejects.toThrow('delete failed');
    await expect(ask(store, failure('store'))).rejects.toThrow('delete failed');
    expect(store.rests()).toBe(true);
    expect(await store.admit(1)).toMatchObject({ admitted: 0 });
    now += 1000;
    expect(await store.admit(1)).toMatchObject({ admitted: 1 });
    expect(await ask(store)).toBe('an answer');
    expect(await store.admit(1)).toMatchObject({ admitted: 1 });
  });

  it('is no trouble where it speaks against a file, or where the fault is ours', async () => {
    const store = guarded();
    for (const error of [failure('file'), new Error('a defect')])
      for (let nth = 0; nth < 3; nth += 1) await expect(ask(store, error)).rejects.toThrow(error);
    expect(store.rests()).toBe(false);
  });
});

describe('a store in trouble', () => {
  it('is left alone after so many failures in a row, then probed once', async () => {
    const store = guarded();
    answer = () => failure('store');
    await step(store);
    await step(store);
    expect(store.rests()).toBe(true);
    expect(await step(store)).toMatchObject({ admitted: 0, refusal: { retryAfterMs: 1000 } });
    expect(asked).toBe(2);
    now += 1000;
    expect((await step(store)).admitted).toBe(5);
    expect((await step(store)).admitted).toBe(0);
    now += 1000;
    answer = () => null;
    await step(store);
    expect(store.rests()).toBe(false);
    expect((await step(store)).admitted).toBe(5);
  });

  it('is left alone at once when it took all its time', async () => {
    const store = guarded();
    answer = () => failure('store', true);
    await step(store);
    expect(store.rests()).toBe(true);
  });

  it('is in none when it has something against single files, or against some of them', async () => {
    const store = guarded();
    answer = () => failure('file');
    for (let nth = 0; nth < 5; nth += 1) await step(store);
    expect(store.rests()).toBe(false);
    let odd = false;
    answer = () => {
      odd = !odd;
      return odd ? failure('store') : null;
    };
    for (let nth = 0; nth < 5; nth += 1) await step(store);
    expect(store.rests()).toBe(false);
  });
});

it('gets no more than its limits allow, and the rest is told when', async () => {
  const store = guarded(7);
  expect(await step(store)).toEqual({ admitted: 5, refusal: null });
  const { admitted, refusal } = await step(store);
  expect(admitted).toBe(2);
  expect(refusal).toMatchObject({ code: RATE_LIMITED, blames: 'store' });
  expect(refusal?.retryAfterMs).toBeGreaterThan(0);
  expect(await step(store)).toMatchObject({ admitted: 0, refusal: { code: RATE_LIMITED } });
  now += 1020;
  expect((await step(store)).admitted).toBe(5);
});
