import fc from 'fast-check';
import { expect, it } from 'vitest';
import { afterAnswer, openWindow, type WindowAnswer } from './send-window.ts';

const answers = fc.array(fc.constantFrom<WindowAnswer>('accepted', 'crowded', 'neither'));

it('stays between one mail and the most there may be', () => {
  fc.assert(
    fc.property(answers, fc.integer({ min: 1, max: 100 }), fc.boolean(), (all, most, stale) => {
      let window = openWindow(most);
      for (const answer of all) {
        const begunAt = window.halvings - Number(stale);
        window = afterAnswer(window, answer, begunAt, Math.floor(window.size));
        expect(window.size).toBeGreaterThanOrEqual(1);
        expect(window.size).toBeLessThanOrEqual(most);
      }
    }),
  );
});

it('a server that is always crowded is soon given one mail at a time', () => {
  let window = openWindow(64);
  for (let nth = 0; nth < 7; nth += 1) window = afterAnswer(window, 'crowded', nth, 64);
  expect(window.size).toBe(1);
});

it('mails that were under way together halve it once', () => {
  const once = afterAnswer(openWindow(20), 'crowded', 0, 20);
  expect(once.size).toBe(10);
  expect(afterAnswer(once, 'crowded', 0, 19)).toEqual(once);
});

it('grows by one mail for each fifty that fill it and are accepted', () => {
  let window = afterAnswer(openWindow(16), 'crowded', 0, 16);
  for (let nth = 0; nth < 50; nth += 1) window = afterAnswer(window, 'accepted', 1, 8);
  expect(window.size).toBeCloseTo(9);
});

it('is not grown by mails that did not fill it, nor changed by what says nothing', () => {
  const window = afterAnswer(openWindow(16), 'crowded', 0, 16);
  expect(afterAnswer(window, 'accepted', 1, 3)).toEqual(window);
  expect(afterAnswer(window, 'neither', 1, 8)).toEqual(window);
});
