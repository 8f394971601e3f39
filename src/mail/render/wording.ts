import { LRUCache } from 'lru-cache';
import { chooseLocale } from '../locales/index.ts';
import type { Locale, Plural } from '../locales/locale.ts';

/** Numbers, dates and sentences the way one person reads them. */
export interface Wording {
  locale: Locale;
  /** IANA zone the times are given in. */
  zone: string;
  fill(sentence: string, values: Record<string, string | number>): string;
  plural(forms: Plural, n: number): string;
  number(n: number): string;
  /** A file size, decimal units: `2.4 MB`. */
  size(bytes: number): string;
  /** Seconds as at most two units: `1 hr, 5 min`. */
  duration(seconds: number): string;
  date(at: Date): string;
  dateTime(at: Date): string;
  time(at: Date): string;
  dateRange(from: Date, to: Date): string;
  dateTimeRange(from: Date, to: Date): string;
  list(items: string[]): string;
}

const DAY = { day: 'numeric', month: 'long', year: 'numeric' } as const;
const CLOCK = { hour: 'numeric', minute: '2-digit' } as const;
const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;
/** Locale and zone come from people: without a bound the cache would be theirs to grow. */
const known = new LRUCache<string, Wording>({ max: 200 });

/** Wording for a person; an unknown locale reads English, an unknown time zone UTC. */
export function wordingFor(person: { locale?: string | null; timezone?: string | null }): Wording {
  const key = JSON.stringify([person.locale, person.timezone]);
  const made = known.get(key) ?? wordingOf(person.locale, person.timezone);
  known.set(key, made);
  return made;
}

function wordingOf(wanted: string | null | undefined, timezone: string | null | undefined) {
  const { locale, region } = chooseLocale(wanted);
  return createWording(locale, region, knownZone(timezone));
}

function createWording(locale: Locale, region: string, zone: string): Wording {
  const rules = new Intl.PluralRules(locale.language);
  const numbers = new Intl.NumberFormat(region);
  const lists = new Intl.ListFormat(region, { type: 'conjunction' });
  const dates = new Intl.DateTimeFormat(region, { ...DAY, timeZone: zone });
  const stamp = { ...DAY, ...CLOCK, timeZoneName: 'short', timeZone: zone } as const;
  const dateTimes = new Intl.DateTimeFormat(region, stamp);
  const times = new Intl.DateTimeFormat(region, { ...CLOCK, timeZone: zone });
  const zoneName = (at: Date) =>
    dateTimes.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value;
  const measures = new Map<string, Intl.NumberFormat>();
  const createMeasure = (unit: string, digits: number) =>
    new Intl.NumberFormat(region, {
      style: 'unit',
      unit,
      unitDisplay: unit === 'byte' ? 'long' : 'short',
      maximumFractionDigits: digits,
    });
  const measure = (value: number, unit: string, digits = 0) => {
    const key = `${unit} ${digits}`;
    const format = measures.get(key) ?? createMeasure(unit, digits);
    measures.set(key, format);
    return format.format(value);
  };
  const number = (n: number) => numbers.format(n);
  return {
    locale,
    zone,
    fill,
    number,
    plural: (forms, n) => fill(forms[rules.select(n)] ?? forms.other, { n: number(n) }),
    size(bytes) {
      // 999.95 kB would be rounded to "1,000 kB".
      const step = Math.floor(Math.log(Math.max(bytes, 1) * 1.0001) / Math.log(1000));
      const power = Math.min(step, SIZES.length - 1);
      return measure(bytes / 1000 ** power, SIZES[power] ?? 'byte', power ? 1 : 0);
    },
    duration(seconds) {
      if (seconds < 10) return measure(seconds, 'second', 1);
      const units = [
        [Math.floor(seconds / 86_400), 'day'],
        [Math.floor(seconds / 3600) % 24, 'hour'],
        [Math.floor(seconds / 60) % 60, 'minute'],
        [Math.floor(seconds) % 60, 'second'],
      ] as const;
      const first = units.findIndex(([amount]) => amount > 0);
      const shown = units.slice(first, first + 2).filter(([amount]) => amount > 0);
      return shown.map(([amount, unit]) => measure(amount, unit)).join(' ');
    },
    date: (at) => dates.format(at),
    dateTime: (at) => dateTimes.format(at),
    time: (at) => times.format(at),
    dateRange: (from, to) => dates.formatRange(from, to < from ? from : to),
    dateTimeRange(from, to) {
      const end = to < from ? from : to;
      // A range names its zone once: where the clocks change in it, 2:50 to 2:10 would be left of 20 minutes.
      return zoneName(from) === zoneName(end)
        ? dateTimes.formatRange(from, end)
        : `${dateTimes.format(from)} – ${dateTimes.format(end)}`;
    },
    list: (items) => lists.format(items),
  };
}

/** Puts values into `{name}` places. Values are never searched for places of their own. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** A zone as the person calls it: Intl would call Europe/Kyiv by the name it had before. */
function knownZone(zone: string | null | undefined): string {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', {
      timeZone: zone || 'UTC',
    }).resolvedOptions();
    const renamed = zone && zone.toLowerCase() !== timeZone.toLowerCase() && timeZone !== 'UTC';
    return renamed ? zone : timeZone;
  } catch {
    return 'UTC';
  }
}
