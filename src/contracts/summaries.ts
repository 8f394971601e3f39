import { z } from 'zod';
import { emailAddress, numericId } from './text.ts';

/** Nobody was mailed before, and years of fewer digits are read differently everywhere. */
const EARLIEST_DATE = '2000-01-01';

/** A day begins here, 14 hours ahead of UTC, before it begins anywhere else. */
const FIRST_ZONE_LEAD_MS = 14 * 3_600_000;

/** The latest calendar date that has begun somewhere, as `YYYY-MM-DD`. */
const latestDate = (now: Date): string =>
  new Date(now.getTime() + FIRST_ZONE_LEAD_MS).toISOString().slice(0, 10);

/** A calendar date of which there may be something to tell. */
const pastDate = z.iso
  .date({ abort: true })
  .refine((date) => date >= EARLIEST_DATE, `is before ${EARLIEST_DATE}`)
  .refine((date) => date <= latestDate(new Date()), 'has not begun yet');

/** Body of `POST /api/summaries`: one person's day or week, on demand. */
export const summaryRequest = z.strictObject({
  company_id: numericId,
  bot_id: numericId,
  user_email: emailAddress,
  period: z.enum(['day', 'week']),
  /** A day of the period; today in the person's time zone where absent. */
  date: pastDate.optional(),
});

/** What a summary's mail keeps of its request until it is rendered. */
export const summaryData = z.object({
  period: z.enum(['day', 'week']),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
});
export type SummaryData = z.output<typeof summaryData>;
