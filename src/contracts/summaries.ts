import { z } from 'zod';
import { emailAddress, numericId } from './text.ts';

/** Body of `POST /api/summaries`: one person's day or week, on demand. */
export const summaryRequest = z.strictObject({
  company_id: numericId,
  bot_id: numericId,
  user_email: emailAddress,
  period: z.enum(['day', 'week']),
  /** A day of the period; today in the person's time zone where absent. */
  date: z.iso.date().optional(),
});

/** What a summary's mail keeps of its request until it is rendered. */
export const summaryData = z.object({
  period: z.enum(['day', 'week']),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
});
export type SummaryData = z.output<typeof summaryData>;
