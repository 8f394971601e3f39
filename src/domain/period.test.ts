import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dateIn, spanOf } from './period.ts';

const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
);
const datesBetween = (first: string, last: string) =>
  fc
    .date({ min: new Date(first), max: new Date(last), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));
const dates = datesBetween('2000-01-01', '9998-12-31');

it('begins and ends at midnight of the zone, summer time or not', () => {
  fc.assert(
    fc.property(dates, zones, fc.constantFrom('day', 'week'), (date, zone, period) => {
      const { from, to } = spanOf(period, date, zone);
      const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' });
      expect([clock.format(from), clock.format(to)]).toEqual(['00:00:00', '00:00:00']);
      const hours = (to.getTime() - from.getTime()) / 3_600_000;
      const usual = period === 'week' ? 168 : 24;
      expect(Math.abs(hours - usual)).toBeLessThanOrEqual(1);
      const inside = dateIn(zone, from) <= date && date <= dateIn(zone, new Date(to.getTime() - 1));
      expect(inside).toBe(true);
    }),
  );
});

it('starts weeks on Monday', () => {
  expect(spanOf('week', '2026-11-20', 'UTC')).toEqual({
    from: new Date('2026-11-16T00:00:00Z'),
    to: new Date('2026-11-23T00:00:00Z'),
  });
});

it('spans a day in years of two digits too', () => {
  fc.assert(
    fc.property(datesBetween('0002-01-01', '0099-12-31'), zones, (date, zone) => {
      const { from, to } = spanOf('day', date, zone);
      expect(to.getTime() - from.getTime()).toBe(24 * 3_600_000);
      expect(Math.abs(from.getTime() - Date.parse(date))).toBeLessThan(24 * 3_600_000);
    }),
  );
});
