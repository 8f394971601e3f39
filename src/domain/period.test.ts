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

it('begins with the first instant of a day whose midnight the clocks skip', () => {
  const clocksGoForward: [string, string, string][] = [
    ['America/Santiago', '2024-09-08', '2024-09-08T04:00:00.000Z'],
    ['America/Havana', '2025-03-09', '2025-03-09T05:00:00.000Z'],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
    ['Africa/Cairo', '2024-04-26', '2024-04-25T22:00:00.000Z'],
  ];
  for (const [zone, date, first] of clocksGoForward)
    expect([zone, spanOf('day', date, zone).from.toISOString()]).toEqual([zone, first]);
});

it('belongs to the day from its first instant to its last, wherever the clocks change', () => {
  const changing = fc.constantFrom(
    ['America/Santiago', '2024-09-08'],
    ['America/Santiago', '2024-04-07'],
    ['America/Havana', '2025-03-09'],
    ['America/Havana', '2024-11-03'],
    ['America/Nuuk', '2024-03-31'],
    ['America/Nuuk', '2024-10-27'],
    ['America/Sao_Paulo', '2018-02-18'],
    ['Asia/Beirut', '2024-03-31'],
    ['Australia/Lord_Howe', '2024-10-06'],
    ['Pacific/Apia', '2011-12-31'],
  );
  fc.assert(
    fc.property(changing, fc.integer({ min: -3, max: 3 }), ([zone, change], days) => {
      const date = new Date(Date.parse(change!) + days * 86_400_000).toISOString().slice(0, 10);
      fc.pre(`${zone} ${date}` !== 'Pacific/Apia 2011-12-30'); // a day that never was
      const { from, to } = spanOf('day', date, zone!);
      const dateAt = (at: number) => dateIn(zone!, new Date(at));
      expect([dateAt(from.getTime()), dateAt(to.getTime() - 1)]).toEqual([date, date]);
      expect(dateAt(from.getTime() - 1) < date && dateAt(to.getTime()) > date).toBe(true);
    }),
    { numRuns: 200 },
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
