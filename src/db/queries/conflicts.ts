import type { CorrectionAction } from '../../domain/corrections.ts';
import { type RemovalAccount, removalAccount } from '../../domain/removal-account.ts';
import type { Queryable } from '../client.ts';
import type { ExecutionEntry } from '../schema/corrections.ts';
import type { BatchRow } from './batches.ts';

/** Files that came back while a correction was removing them. */

/** What a correction has removed so far, by its log. */
export async function removedFrom(db: Queryable, id: number): Promise<RemovalAccount> {
  const [task] = await db<
    { correction_actions: CorrectionAction[]; execution_log: ExecutionEntry[]; began: boolean }[]
  >`
    select correction_actions, execution_log, removal_began_at is not null as began
    from auto_correction_tasks where id = ${id}`;
  return task ? removalAccount(task.correction_actions, task.execution_log, task.began) : {};
}

/**
 * Notes for everybody whose file it is, and who did not fail, what is missing of it. Bound to the
 * generation the file is in now: a later one has put everything there anew.
 */
export async function recordConflict(
  db: Queryable,
  id: number,
  removed: RemovalAccount,
): Promise<void> {
  await db`
    insert into correction_conflicts
      (correction_id, company_id, bot_id, user_email, generation, removed)
    select t.id, s.company_id, s.bot_id, s.user_email, s.generation,
      ${JSON.stringify(removed)}::text::jsonb
    from auto_correction_tasks t
    join file_processing_status s on s.file_document_id = t.file_document_id
    where t.id = ${id} and s.deleted_at is null and s.status <> 'failed'
    on conflict (correction_id, company_id, bot_id, user_email) do update set
      generation = excluded.generation, removed = excluded.removed, told_batch_id = null,
      created_at = now()`;
}

/** A file of which a correction had removed parts, as its owner is told. */
export interface ConflictNotice {
  correction_id: number;
  company_id: number;
  bot_id: number;
  user_email: string;
  file_document_id: string;
  file_name: string;
  storage_key: string | null;
  /** As the ingestion said that succeeded. */
  chunks_created: number | null;
  removed: RemovalAccount;
  restored: boolean;
  /** The file succeeded after the removal was over: all may have been written anew. */
  written_later: boolean;
}

/** Numbers in names are read as numbers, as everywhere in mails. */
const names = new Intl.Collator('en', { numeric: true });

/** A batch whose owner may have to be told. */
export type Told = Pick<BatchRow, 'batch_id' | 'company_id' | 'bot_id' | 'user_email'>;

/**
 * What the owners of batches have to be told in their mails, by batch: files that succeeded and miss
 * parts, or have them back. Each is told once; a mail rendered again says the same. What is being put
 * back waits.
 */
export async function claimConflictNotices(
  db: Queryable,
  batches: Told[],
): Promise<ConflictNotice[][]> {
  const rows = await db<(ConflictNotice & { batch_id: string })[]>`
    with due as (
      select c.correction_id, c.company_id, c.bot_id, c.user_email, b.batch_id, s.file_document_id,
        r.status is not distinct from 'completed' as restored,
        s.updated_at > c.created_at as written_later, f.chunks_created,
        coalesce(s.storage_key, t.storage_key) as storage_key,
        coalesce(f.file_name, t.file_name, s.file_document_id) as file_name
      from unnest(
        ${batches.map(({ batch_id }) => batch_id)}::uuid[],
        ${batches.map(({ company_id }) => company_id)}::int[],
        ${batches.map(({ bot_id }) => bot_id)}::int[],
        ${batches.map(({ user_email }) => user_email)}::text[]
      ) as b(batch_id, company_id, bot_id, user_email)
      join correction_conflicts c using (company_id, bot_id, user_email)
      join auto_correction_tasks t on t.id = c.correction_id
      join file_processing_status s on s.file_document_id = t.file_document_id
        and s.company_id = c.company_id and s.bot_id = c.bot_id and s.user_email = c.user_email
      left join batch_files f on f.id = s.batch_file_id
      left join correction_restores r on r.correction_id = c.correction_id
      where (c.told_batch_id = b.batch_id or (c.told_batch_id is null
          and r.status is distinct from 'pending' and r.status is distinct from 'processing'))
        and s.generation = c.generation and s.deleted_at is null
        and s.status = 'success' and s.processing_stage = 'completed'
    )
    update correction_conflicts c set told_batch_id = due.batch_id from due
    where c.correction_id = due.correction_id and c.company_id = due.company_id
      and c.bot_id = due.bot_id and c.user_email = due.user_email
    returning due.*, c.removed`;
  return batches.map(({ batch_id }) =>
    rows
      .filter((row) => row.batch_id === batch_id)
      .map(({ batch_id: _told, ...notice }) => notice)
      .sort((a, b) => names.compare(a.file_name, b.file_name)),
  );
}

/** Forgets a notice whose file misses nothing after all. */
export async function dropConflictNotice(
  db: Queryable,
  { correction_id, company_id, bot_id, user_email }: ConflictNotice,
): Promise<void> {
  await db`
    delete from correction_conflicts where correction_id = ${correction_id}
      and company_id = ${company_id} and bot_id = ${bot_id} and user_email = ${user_email}`;
}
