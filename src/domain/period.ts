/** A person's day or week as a span of time. Pure. */

export type Period = 'day' | 'week';

/** From the first instant to the first instant after it. */
export interface Span {
  from: Date;
  to: Date;
}

const DAY_MS = 86_400_000;

/**
 * The day, or the week from Monday, that a calendar date falls into, in a time zone.
 * @param date `YYYY-MM-DD`
 * @param timeZone IANA name; `UTC` where none is known
 */
export function spanOf(period: Period, date: string, timeZone: string): Span {
  const day = Date.parse(`${date}T00:00:00Z`);
  const weekday = (new Date(day).getUTCDay() + 6) % 7;
  const first = period === 'week' ? day - weekday * DAY_MS : day;
  const days = period === 'week' ? 7 : 1;
  return { from: midnight(first, timeZone), to: midnight(first + days * DAY_MS, timeZone) };
}

/** The calendar date of an instant in a time zone, as `YYYY-MM-DD`. */
export function dateIn(timeZone: string, at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);
}

/**
 * The first instant of a calendar day: its midnight, or where the clocks skip that, the instant they go
 * on. The zone's offset is one of those of the day before and the day after.
 */
function midnight(utcMidnight: number, timeZone: string): Date {
  const by = (probe: number) => utcMidnight - offsetMs(new Date(utcMidnight + probe), timeZone);
  const [early = 0, late = 0] = [by(-DAY_MS), by(DAY_MS)].sort((one, other) => one - other);
  const hasBegun = early + offsetMs(new Date(early), timeZone) >= utcMidnight;
  return new Date(hasBegun ? early : late);
}

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
function offsetMs(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const local = new Date(0);
  // `Date.UTC` takes the years 0 to 99 for those of the twentieth century.
  local.setUTCFullYear(part('year'), part('month') - 1, part('day'));
  local.setUTCHours(part('hour'), part('minute'), part('second'));
  return local.getTime() - Math.floor(at.getTime() / 1000) * 1000;
}
