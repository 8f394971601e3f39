import { expect, test } from 'vitest';
import { createMetrics, whileFresh } from './metrics.ts';

const shown = async ({ register }: ReturnType<typeof createMetrics>) =>
  (await register.metrics()).split('\n').filter((line) => /^(audit|oldest)_/.test(line));

test('gauges whose source stays away vanish, until it is back', async () => {
  const metrics = createMetrics();
  let away = false;
  const read = whileFresh(
    () => [metrics.unaccounted, metrics.oldest],
    0,
    async () => {
      if (away) throw new Error('away');
      metrics.unaccounted.set(0);
      metrics.oldest.set({ kind: 'pending_mail' }, 7);
    },
  );
  const current = ['audit_unaccounted_events 0', 'oldest_age_seconds{kind="pending_mail"} 7'];
  await read();
  expect(await shown(metrics)).toEqual(current);
  away = true;
  await expect(read()).rejects.toThrow('away');
  expect(await shown(metrics)).toEqual([]);
  away = false;
  await read();
  expect(await shown(metrics)).toEqual(current);
});

test('gauges stay for a while where their source does not answer', async () => {
  const metrics = createMetrics();
  metrics.oldest.set({ kind: 'pending_mail' }, 7);
  const read = whileFresh(
    () => [metrics.oldest],
    60_000,
    () => Promise.reject(new Error('away')),
  );
  await expect(read()).rejects.toThrow('away');
  expect(await shown(metrics)).toContain('oldest_age_seconds{kind="pending_mail"} 7');
});

test('gauges vanish where an answer never comes', async () => {
  const metrics = createMetrics();
  metrics.oldest.set({ kind: 'pending_mail' }, 7);
  void whileFresh(
    () => [metrics.oldest],
    0,
    () => new Promise(() => {}),
  )();
  expect(await shown(metrics)).not.toContain('oldest_age_seconds{kind="pending_mail"} 7');
});
