import {
  and,
  desc,
  eq,
  getTableColumns,
  gte,
  isNotNull,
  isNull,
  lt,
  lte,
  type SQL,
} from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { ErrorResolution } from '../../contracts/errors.ts';
import type { Orm } from '../client.ts';
import {
  batches,
  batchFiles,
  correctionBrakes,
  correctionTasks,
  emails,
  notificationRetryLog,
  processingErrors,
  suppressedAddresses,
} from '../schema/index.ts';

/** The reads of the API. Lists are newest first and paged by id. */

export interface Page {
  limit: number;
  /** Rows before this id. */
  cursor?: number;
  since?: string;
  until?: string;
}

type Filters = Record<string, unknown>;

/** `column = value` for every filter that is set. */
function matches(columns: Record<string, PgColumn>, filters: Filters): (SQL | undefined)[] {
  return Object.entries(filters).map(([name, value]) => {
    const column = columns[name];
    return column && value !== undefined ? eq(column, value) : undefined;
  });
}

async function list<Row extends { id: number }>(
  orm: Orm,
  table: PgTable & { id: PgColumn; created_at: PgColumn },
  selected: Record<string, PgColumn>,
  { limit, cursor, since, until, ...filters }: Page & Filters,
  condition?: SQL,
): Promise<{ rows: Row[]; next: number | null }> {
  const rows = (await orm
    .select(selected)
    .from(table as PgTable)
    .where(
      and(
        cursor === undefined ? undefined : lt(table.id, cursor),
        since === undefined ? undefined : gte(table.created_at, new Date(since)),
        until === undefined ? undefined : lte(table.created_at, new Date(until)),
        ...matches(getTableColumns(table), filters),
        condition,
      ),
    )
    .orderBy(desc(table.id))
    .limit(limit + 1)) as unknown as Row[];
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
}

const batchColumns = getTableColumns(batches);
const {
  lease_token: _t,
  lease_expires_at: _l,
  ...correctionColumns
} = getTableColumns(correctionTasks);
const {
  lease_token: _t2,
  lease_expires_at: _l2,
  email_content_html,
  email_content_text,
  content_data: _c,
  ...emailColumns
} = getTableColumns(emails);

/** Batches, without their files and mails. */
export const listBatches = (orm: Orm, query: Page & Filters) =>
  list(orm, batches, batchColumns, query);

/** Mails, without their content; `user_email` is whom they go to. */
export const listEmails = (orm: Orm, { user_email, ...query }: Page & Filters) =>
  list(orm, emails, emailColumns, { ...query, recipient_email: user_email });

/** Correction tasks with their steps and log, without what fences their workers. */
export const listCorrections = (orm: Orm, query: Page & Filters) =>
  list(orm, correctionTasks, correctionColumns, query);

/** @param query `engaged` tells those that are on from those released */
export function listBrakes(
  orm: Orm,
  { engaged, ...query }: Page & Filters & { engaged?: boolean },
) {
  const columns = getTableColumns(correctionBrakes);
  const { released_at } = correctionBrakes;
  const state =
    engaged === undefined ? undefined : engaged ? isNull(released_at) : isNotNull(released_at);
  return list<typeof correctionBrakes.$inferSelect>(orm, correctionBrakes, columns, query, state);
}

/** Failures of files, the settled ones included. */
export const listErrors = (orm: Orm, query: Page & Filters) =>
  list(orm, processingErrors, getTableColumns(processingErrors), query);

/** @param query `active` tells those in force from those lifted */
export function listSuppressions(
  orm: Orm,
  { active, ...query }: Page & Filters & { active?: boolean },
) {
  const { lifted_at } = suppressedAddresses;
  const state =
    active === undefined ? undefined : active ? isNull(lifted_at) : isNotNull(lifted_at);
  return list(orm, suppressedAddresses, getTableColumns(suppressedAddresses), query, state);
}

/** A batch with its files (at most 1,000) and mails; null where there is none. */
export async function batchDetail(orm: Orm, batchId: string) {
  const [batch] = await orm.select().from(batches).where(eq(batches.batch_id, batchId));
  if (!batch) return null;
  const [files, mails] = await Promise.all([
    orm
      .select()
      .from(batchFiles)
      .where(eq(batchFiles.batch_id, batchId))
      .orderBy(batchFiles.id)
      .limit(1000),
    orm.select(emailColumns).from(emails).where(eq(emails.batch_id, batchId)),
  ]);
  return { ...batch, files, files_truncated: batch.total_files > files.length, emails: mails };
}

/** A mail with its content and attempts; null where there is none. */
export async function emailDetail(orm: Orm, id: number) {
  const [email] = await orm
    .select({ ...emailColumns, email_content_html, email_content_text })
    .from(emails)
    .where(eq(emails.id, id));
  if (!email) return null;
  const attempts = await orm
    .select()
    .from(notificationRetryLog)
    .where(eq(notificationRetryLog.email_id, id))
    .orderBy(notificationRetryLog.id);
  return { ...email, attempts };
}

/** A correction task with its steps, what of them is proven, and its log; null where there is none. */
export async function correctionDetail(orm: Orm, id: number) {
  const [task] = await orm
    .select(correctionColumns)
    .from(correctionTasks)
    .where(eq(correctionTasks.id, id));
  return task ?? null;
}

/** An operator settles an error or opens it again. @returns the row, or null where there is none */
export async function resolveError(
  orm: Orm,
  id: number,
  { resolution_status, resolution_note }: ErrorResolution,
) {
  const open = resolution_status === 'unresolved';
  const [row] = await orm
    .update(processingErrors)
    .set({
      resolution_status,
      resolved_by: open ? null : 'operator',
      resolved_at: open ? null : new Date(),
      ...(resolution_note !== undefined && { resolution_note }),
    })
    .where(eq(processingErrors.id, id))
    .returning();
  return row ?? null;
}
