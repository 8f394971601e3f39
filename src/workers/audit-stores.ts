import { ERROR_CATEGORIES } from '../contracts/file-events.ts';
import { openSession, type Sql } from '../db/client.ts';
import {
  findLeftRecords,
  findMissingChunks,
  findStrayChunks,
} from '../db/queries/store-audit/find-chunks.ts';
import {
  findMissingObjects,
  findStrayObjects,
  nameObjects,
  type Scope,
} from '../db/queries/store-audit/find-objects.ts';
import { countFindings } from '../db/queries/store-audit/findings.ts';
import { countRead } from '../db/queries/store-audit/load.ts';
import { addOwnRecords } from '../db/queries/store-audit/own-records.ts';
import { beginAudit, endAudit, isAuditDue, lockAudits } from '../db/queries/store-audit/runs.ts';
import { createTables } from '../db/queries/store-audit/tables.ts';
import type { Deps } from '../deps.ts';
import { correctionActions } from '../domain/corrections.ts';
import {
  AUDIT_KINDS,
  type AuditKind,
  type AuditReport,
  auditKinds,
  tellableKinds,
  type Unseen,
} from '../domain/store-audit.ts';
import { masked } from '../observability/logger.ts';
import { chunkList } from '../stores/list-chunks.ts';
import { objectList } from '../stores/list-objects.ts';
import { recordList } from '../stores/list-records.ts';
import { confirmFindings } from './audit-confirm.ts';
import { correctFindings } from './audit-correct.ts';
import {
  orUnread,
  readChunks,
  readObjects,
  readRecordList,
  type StoreLists,
  type UnreadStores,
} from './audit-read-stores.ts';

export interface AuditOptions {
  trigger: 'schedule' | 'command';
  /** Make correction tasks for what a correction may remove. */
  fix: boolean;
  /** Examples of each kind to be named. */
  examples: number;
  /** Leaves it where the last one is less than so many hours ago. */
  everyHours?: number;
  /** Stops it between two pages; it throws the reason. */
  signal: AbortSignal;
}

/**
 * Compares the three stores with each other and with our own records, both ways: `tidings audit-stores`.
 * What is read goes through temporary tables of Postgres, so that memory does not grow with the stores.
 * @returns null where another process is at it, or it is not due
 * @throws whatever Postgres does; a store that cannot be read is part of the report
 */
export async function auditStores(deps: Deps, options: AuditOptions): Promise<AuditReport | null> {
  const db = openSession(deps.config.DATABASE_URL, 'tidings audit');
  const lists: StoreLists = {
    objects: objectList(deps.config),
    chunks: chunkList(deps.config),
    records: recordList(deps.config),
  };
  try {
    if (!(await lockAudits(db))) return null;
    if (options.everyHours !== undefined && !(await isAuditDue(db, options.everyHours)))
      return null;
    return await audit(deps, db, lists, options);
  } finally {
    lists.objects.close();
    await db.end({ timeout: 5 });
  }
}

async function audit(deps: Deps, db: Sql, lists: StoreLists, options: AuditOptions) {
  const { id, started_at } = await beginAudit(db, options.trigger);
  await createTables(db);
  const unread: UnreadStores = new Map();
  await readAll(deps, db, lists, unread, started_at, options.signal);
  const missing = await compare(deps, db, unread, started_at);
  await confirmFindings(db, deps, lists, unread, started_at, options.signal);
  const created = options.fix ? await correctFindings(db, deps) : null;
  const findings = (await countFindings(db, options.examples)).map((found) => ({
    ...found,
    examples: (found.examples ?? []).map(masked),
  }));
  const notLookedAt = [...unseenBy(unread), ...missing];
  const counts = Object.fromEntries(findings.map(({ kind, count }) => [kind, count]));
  const open = [...new Set(notLookedAt.flatMap(({ kinds }) => kinds))];
  await endAudit(db, id, counts, open, created);
  return {
    started_at: started_at.toISOString(),
    completed_at: new Date().toISOString(),
    read: await countRead(db),
    findings,
    not_looked_at: notLookedAt,
    corrections_created: created,
  } satisfies AuditReport;
}

/** Whatever is young is let alone: the minutes of grace, before the reading began. */
const graceBefore = ({ config }: Deps, startedAt: Date) =>
  new Date(startedAt.getTime() - config.AUDIT_STORES_GRACE_MINUTES * 60_000);

/** Stores first and our own records after them, the CMS last: what is written first is known later. */
async function readAll(
  deps: Deps,
  db: Sql,
  { objects, chunks, records }: StoreLists,
  unread: UnreadStores,
  startedAt: Date,
  signal: AbortSignal,
): Promise<void> {
  const { AUDIT_STORES_PREFIX, CHROMA_COLLECTION } = deps.config;
  await orUnread(unread, 's3', () => readObjects(db, objects, AUDIT_STORES_PREFIX, signal));
  await orUnread(unread, 'chroma', () => readChunks(db, chunks, signal));
  const plans = ERROR_CATEGORIES.map((category) => {
    return { category, actions: correctionActions(category) };
  });
  await addOwnRecords(db, {
    collection: CHROMA_COLLECTION,
    before: graceBefore(deps, startedAt),
    plans,
    otherPlan: correctionActions(''),
  });
  await orUnread(unread, 'cms', () => readRecordList(db, records, signal));
}

/** @returns what cannot be told because whole collections are missing */
async function compare(
  deps: Deps,
  db: Sql,
  unread: UnreadStores,
  startedAt: Date,
): Promise<Unseen[]> {
  const { config } = deps;
  const scope: Scope = {
    prefix: config.AUDIT_STORES_PREFIX,
    except: config.CORRECTION_QUARANTINE_PREFIX,
    slashIsPrefix: config.S3_SLASH_KEYS === 'prefix',
  };
  const before = graceBefore(deps, startedAt);
  const tellable = tellableKinds(new Set(unread.keys()));
  const can = (kind: AuditKind) => tellable.includes(kind);
  if (can('object_without_record')) {
    await nameObjects(db, scope);
    await findStrayObjects(db, before);
    await findMissingObjects(db, before, scope);
  }
  if (can('leftover_record')) await findLeftRecords(db);
  if (can('chunks_without_record')) await findStrayChunks(db);
  const missing = can('record_without_chunks') ? await findMissingChunks(db) : 0;
  if (missing === 0) return [];
  const reason = `chroma: collections of files that succeeded are missing: ${missing}; see CHROMA_COLLECTION`;
  return [{ kinds: ['record_without_chunks'], reason }];
}

function unseenBy(unread: UnreadStores): Unseen[] {
  return [...unread].map(([store, reason]) => ({
    kinds: auditKinds.filter((kind) => AUDIT_KINDS[kind].needs.some((one) => one === store)),
    reason,
  }));
}
