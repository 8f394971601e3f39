import type { AuditKind } from '../../../domain/store-audit.ts';
import type { Sql } from '../../client.ts';

/** What an audit of the stores has found, to be looked at a second time and counted. */

export interface FoundRow {
  id: number;
  kind: AuditKind;
  /** What is shown of it: a document id, a storage key or a chunk's id. */
  item: string;
  document_id: string | null;
  collection: string | null;
  storage_key: string | null;
  /** Of the failed file it is about; 0 where there is none. */
  generation: number;
  failed_keys: string[];
  state: 'live' | 'failed' | 'deleted' | 'asked' | null;
}

/** Findings of some kinds, page by page: those after an id, in the order of their ids. */
export function findingsAfter(db: Sql, kinds: readonly AuditKind[], after: number, limit: number) {
  return db<FoundRow[]>`
    select f.*, d.state, coalesce(d.generation, 0) as generation,
      to_json(array(select k.key from audit_failed_keys k where k.document_id = f.document_id
        union select coalesce(d.storage_key, f.storage_key)
        where coalesce(d.storage_key, f.storage_key) is not null)) as failed_keys
    from audit_findings f left join audit_documents d using (document_id)
    where f.id > ${after} and f.kind = any(${[...kinds]}::text[]) order by f.id limit ${limit}`;
}

/** Takes back what did not hold at a second look. */
export async function dropFindings(db: Sql, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await db`delete from audit_findings where id = any(${[...ids]}::bigint[])`;
}

/** Takes back findings of some kinds: their second look was not to be had. */
export async function dropKinds(db: Sql, kinds: readonly AuditKind[]): Promise<void> {
  await db`delete from audit_findings where kind = any(${[...kinds]}::text[])`;
}

/** Takes back what is said of files that have moved meanwhile, or of keys such files name. */
export async function dropMoved(db: Sql, since: Date): Promise<void> {
  await db`
    delete from audit_findings f using audit_busy b where b.document_id = f.document_id`;
  await db`
    delete from audit_findings f using file_processing_status s
    where s.updated_at >= ${since} and s.storage_key = f.storage_key`;
}

/** Counts by kind, with the first examples of each. */
export function countFindings(db: Sql, examples: number) {
  return db<{ kind: AuditKind; count: number; fixable: number; examples: string[] | null }[]>`
    select kind, max(place) as count, max(fixable) as fixable,
      json_agg(item order by place) filter (where place <= ${examples}) as examples
    from (
      select kind, item, row_number() over (partition by kind order by item, id) as place,
        count(*) filter (where fixable) over (partition by kind) as fixable
      from audit_findings
    ) f
    group by kind order by kind`;
}
