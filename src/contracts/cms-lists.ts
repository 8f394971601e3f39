import { z } from 'zod';
import { emailAddress, identifier, numericId } from './text.ts';

/** What may stand in the addresses of the CMS contract: ids, filters and pages. */

/** A numeric id in a path or a query string: plain digits, 1 to 2^31-1. */
export const numericIdText = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'must be a whole number from 1 to 2147483647')
  .transform(Number)
  .pipe(numericId);

const MAX_PAGE_SIZE = 100;
const wholeText = (max: number, fallback: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,9}$/, `must be a whole number from 1 to ${max}`)
    .transform(Number)
    .pipe(z.number().max(max))
    .default(fallback);

/** The query parameters of every list. Pages are counted from 1. */
export const pageQuery = z.object({
  page: wholeText(2 ** 31 - 1, 1),
  pageSize: wholeText(MAX_PAGE_SIZE, 25),
});
export type Page = z.output<typeof pageQuery>;

/** The `meta` of a list answer. */
export const pageMeta = z.object({
  pagination: z.object({
    page: z.number().int(),
    pageSize: z.number().int(),
    pageCount: z.number().int(),
    total: z.number().int(),
  }),
});

/** Filters of the list of preferences. */
export const preferenceFilters = z.object({
  company_id: numericIdText.optional(),
  bot_id: numericIdText.optional(),
  user_email: emailAddress.optional(),
});
export type PreferenceFilters = z.output<typeof preferenceFilters>;

/** Filters of the list of file records. */
export const fileFilters = z.object({
  company: numericIdText.optional(),
  bot: numericIdText.optional(),
  /** Once per record wanted. */
  documentId: z
    .union([identifier(), z.array(identifier()).max(MAX_PAGE_SIZE)])
    .transform((ids) => [ids].flat())
    .optional(),
});
export type FileFilters = z.output<typeof fileFilters>;

/** The address of `GET …/by-user/:companyId/:botId/:userEmail`. */
export const byUserParams = z.object({
  companyId: numericIdText,
  botId: numericIdText,
  userEmail: emailAddress,
});
