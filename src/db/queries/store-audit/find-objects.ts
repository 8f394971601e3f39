import type { Sql } from '../../client.ts';

/** Objects against the storage keys that somebody names, both ways. */

/** What of the bucket is looked at: keys that begin with `prefix`, without those below `except`. */
export interface Scope {
  prefix: string;
  except: string;
  /** Keys that end in a slash stand for whatever is below them. */
  slashIsPrefix: boolean;
}

const ofScope = (db: Sql, { prefix, except }: Scope) =>
  db`(starts_with(key, ${prefix}::text) and not starts_with(key, ${except}::text))`;

/** Takes out what is not looked at, and notes who names which key. To be asked once all is read. */
export async function nameObjects(db: Sql, scope: Scope): Promise<void> {
  await db`delete from audit_objects where not ${ofScope(db, scope)}`;
  await db`
    insert into audit_namings
    select k.key, k.document_id,
      b.document_id is not null or (source <> 'task' and coalesce(d.state, 'live') = 'live'),
      (d.state = 'failed' and d.plan ? 's3_delete') is true
        or (source = 'task' and d.state in ('live', 'asked')),
      (d.state in ('failed', 'deleted') and r.document_id is null) is true,
      -- A record that names another key speaks against removing this one.
      (d.state in ('failed', 'deleted') and not d.kept
        and (source <> 'task' or r.document_id is null)) is true
    from (
      select storage_key as key, document_id, 'file' as source from audit_files
      union select storage_key, document_id, 'record' from audit_records
      union select payload ->> 'storage_key', file_document_id, 'event' from unapplied_file_events
      union select key, document_id, 'file' from audit_failed_keys
      -- The keys of generations that failed before.
      union select storage_key, file_document_id, 'task' from auto_correction_tasks
    ) k
    left join audit_documents d using (document_id)
    left join audit_records r using (document_id)
    left join audit_busy b using (document_id)
    where k.key is not null`;
  await db`create index on audit_namings (key)`;
  await db`analyze audit_objects`;
  await db`analyze audit_namings`;
  // '0' is the sign after the slash: between the two stands whatever is below the prefix. Of prefixes of
  // one key the longest is the greatest.
  if (scope.slashIsPrefix)
    await db`
      update audit_objects o set protected = above.protects,
        named = case when exists (select from audit_namings n where n.key = o.key) then o.key
          else above.prefix end
      from (
        select b.key, max(k.key) as prefix, bool_or(k.protects) as protects
        from (
          select key, bool_or(protects) as protects from audit_namings where key ~ '[^/].*/$'
          group by key
        ) k join audit_objects b on b.key > k.key and b.key < left(k.key, -1) || '0'
        group by b.key
      ) above
      where o.key = above.key`;
}

/** Objects of failed generations, and objects that neither the CMS nor we have a file for. */
export async function findStrayObjects(db: Sql, before: Date): Promise<void> {
  await db`
    insert into audit_findings (kind, item, document_id, storage_key, fixable)
    select distinct on (o.key) case when n.leftover then 'leftover_object' else 'object_without_record' end,
      o.key, n.document_id, o.named, coalesce(n.fixable, false)
    from audit_objects o left join audit_namings n on n.key = o.named
    where o.modified_at < ${before} and not o.protected and (n.key is null or n.leftover or n.orphan)
      and not exists (select from audit_namings p where p.key = o.named and p.protects)
    order by o.key, n.leftover desc nulls last, n.fixable desc nulls last, n.document_id`;
}

/** Files whose object is not there: those that succeeded, and those the CMS has a record of. */
export async function findMissingObjects(db: Sql, before: Date, scope: Scope): Promise<void> {
  const below = scope.slashIsPrefix
    ? db`and not (x.key ~ '[^/].*/$' and exists (
        select from audit_objects o where o.key >= x.key and o.key < left(x.key, -1) || '0'))`
    : db``;
  await db`
    insert into audit_findings (kind, item, document_id, storage_key, fixable)
    select 'record_without_object', x.document_id, x.document_id, x.key, false
    from (
      select document_id, storage_key as key from audit_records
      where storage_key is not null and written_at < ${before}
      union
      select document_id, storage_key from audit_files f
      where succeeded and storage_key is not null and not exists (
        select from audit_records r where r.document_id = f.document_id and r.storage_key is not null)
    ) x
    left join audit_documents d using (document_id)
    where ${ofScope(db, scope)}
      and not exists (select from audit_busy b where b.document_id = x.document_id)
      and not exists (select from audit_objects o where o.key = x.key) ${below}
      -- The record itself is what is left of a failed file then.
      and not (d.state in ('failed', 'asked') and d.plan ? 'cms_delete') is true`;
}
