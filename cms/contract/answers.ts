import { z } from 'zod';
import { botRecord, companyRecord, fileRecord } from '../../src/contracts/cms.ts';
import { pageMeta } from '../../src/contracts/cms-lists.ts';
import { bulkAnswer, byUserAnswer, preferenceRecord } from '../../src/contracts/preferences.ts';
import { numericId } from '../../src/contracts/text.ts';

/** What a CMS has to answer. Tidings itself reads it with more patience: what it can do without may be absent. */

const reference = z.object({ id: numericId });
const owned = { company: reference, bot: reference };
const identity = { id: numericId, documentId: z.string().min(1) };
const data = <Data extends z.ZodType>(schema: Data) => z.object({ data: schema });

const preference = preferenceRecord.extend({ ...identity, ...owned });
/** What applies to a person has no id where it is a default. */
const applied = preferenceRecord.extend(owned);
const company = companyRecord.required().extend({ name: z.string().nullable() });
const bot = botRecord.required().extend({ name: z.string().nullable() });
const file = fileRecord.extend({
  ...identity,
  name: z.string(),
  notification_sent: z.boolean(),
  company: reference.nullable(),
  bot: reference.nullable(),
});

/** The records of each content type. */
export const RECORDS = { preference, company, bot, file };

/** One record. */
export const one = data;

/** A page of records. */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z.object({ data: z.array(row), meta: pageMeta });

/** `GET …/by-user/…`. */
export const byUser = byUserAnswer.required().extend({ data: applied });

/** `POST …/bulk-get`; whoever has no row of their own is listed, and gets the defaults. */
export const bulk = bulkAnswer.extend({ data: z.record(z.string(), applied) });
