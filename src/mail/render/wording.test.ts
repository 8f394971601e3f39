import { describe, expect, test } from 'vitest';
import { wordingFor } from './wording.ts';

const english = wordingFor({});
const german = wordingFor({ locale: 'de-DE', timezone: 'Europe/Berlin' });
const noon = new Date('2026-11-20T12:00:00Z');
const plain = (text: string) => text.replace(/[\u00a0\u2009\u202f]/g, ' ');

test('times follow the person, and say their zone', () => {
  expect(plain(english.dateTime(noon))).toBe('November 20, 2026 at 12:00 PM UTC');
  expect(plain(german.dateTime(noon))).toBe('20. November 2026 um 13:00 MEZ');
});

test('a clock that ran backwards does not break a range', () => {
  const earlier = new Date(noon.getTime() - 60_000);
  expect(english.dateTimeRange(noon, earlier)).toBe(english.dateTimeRange(noon, noon));
});

test.each([
  ['2024-10-27T00:50:00Z', '2024-10-27T01:10:00Z', /02:50 MESZ – .*02:10 MEZ$/],
  ['2024-10-27T00:30:00Z', '2024-10-27T01:30:00Z', /02:30 MESZ – .*02:30 MEZ$/],
  ['2024-03-31T00:30:00Z', '2024-03-31T01:30:00Z', /01:30 MEZ – .*03:30 MESZ$/],
])('a range in which the clocks change names both zones: %s to %s', (from, to, expected) => {
  expect(german.dateTimeRange(new Date(from), new Date(to))).toMatch(expected);
});

test.each(['Europe/Kyiv', 'Asia/Kolkata', 'America/New_York'])('%s keeps its name', (timezone) => {
  expect(wordingFor({ timezone }).zone).toBe(timezone);
});

describe('what nobody knows falls back', () => {
  test.each(['xx', 'not a locale', '', 'de--x', 'fr-FR', null, undefined])(
    'locale %s',
    (locale) => {
      expect(wordingFor({ locale }).locale.language).toBe('en');
    },
  );
  test.each(['Mars/Base', '', 'Europe/Berlin; x', null, undefined])('time zone %s', (timezone) => {
    expect(wordingFor({ timezone }).zone).toBe('UTC');
  });
  test('an underscore and a region do not', () => {
    expect(wordingFor({ locale: 'de_AT' }).locale.language).toBe('de');
  });
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1 kB'],
  [999_960, '1 MB'],
  [2_436_120, '2.4 MB'],
  [Number.MAX_SAFE_INTEGER, '9 PB'],
])('%d bytes', (bytes, expected) => {
  expect(plain(english.size(bytes))).toBe(expected);
});

test.each([
  [0, '0 sec'],
  [0.84, '0.8 sec'],
  [9.97, '10 sec'],
  [59.9, '59 sec'],
  [60, '1 min'],
  [3725, '1 hr 2 min'],
  [200_000, '2 days 7 hr'],
])('%d seconds', (seconds, expected) => {
  expect(plain(english.duration(seconds))).toBe(expected);
});

test('values are put in as they are', () => {
  const values = { name: '{n} $& $1', n: 7 };
  expect(english.fill('{name}: {n} of {other}', values)).toBe('{n} $& $1: 7 of {other}');
});

test('numbers and plurals follow the language', () => {
  const { more, chunks } = german.locale.files;
  expect(german.plural(more, 4312)).toBe('und 4.312 weitere');
  expect(german.plural(chunks, 1)).toBe('1 Textabschnitt');
  expect(english.plural(english.locale.files.chunks, 0)).toBe('0 text passages');
});
