import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lostSince } from './lost-writes.ts';

const WIDTH = 5;

/** Writes at the instants 1 to `count`, of which the newest `lost` are gone; some tell nothing. */
function restored(count: number, lost: number, silent: (index: number) => boolean) {
  let looks = 0;
  const answer = lostSince(WIDTH, async (rank) => {
    looks += 1;
    const ranks = Array.from({ length: WIDTH }, (_, index) => rank + index).filter(
      (index) => index < count,
    );
    if (ranks.length === 0) return null;
    const telling = ranks.filter((index) => !silent(index));
    return {
      contradicted: telling.some((index) => index < lost),
      agreed: telling.some((index) => index >= lost),
      newest: new Date(count - rank),
    };
  });
  return answer.then((since) => ({ since, looks }));
}

it('finds everything that was lost, little more, in few looks', async () => {
  const sizes = fc
    .tuple(fc.nat(5000), fc.nat(5000))
    .map((pair) => [Math.max(...pair), Math.min(...pair)] as const);
  await fc.assert(
    fc.asyncProperty(sizes, async ([count, lost]) => {
      const { since, looks } = await restored(count, lost, () => false);
      const again = since ? count - Math.max(0, since.getTime() - 1) : 0;
      expect(again).toBeGreaterThanOrEqual(lost);
      expect(again).toBeLessThanOrEqual(Math.min(count, 2 * lost + WIDTH));
      expect(looks).toBeLessThanOrEqual(3 + Math.log2(count + 1));
    }),
  );
});

it('is not misled by what the other side no longer keeps', async () => {
  const { since } = await restored(1000, 100, (index) => index < 20 || (index > 90 && index < 180));
  expect(1000 - since!.getTime() + 1).toBeGreaterThanOrEqual(100);
  expect((await restored(1000, 1000, () => true)).since).toBeNull();
});
