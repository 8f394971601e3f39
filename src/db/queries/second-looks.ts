import type { CorrectionAction } from '../../domain/corrections.ts';
import type { Queryable } from '../client.ts';
import type { ExecutionEntry } from '../schema/corrections.ts';
import type { CorrectionRow } from './corrections.ts';
import type { FileKey } from './files.ts';

/** Reading the stores of completed corrections once more, for what was written late. */

/** A writer that is not done after so many looks is not late but running. */
const MOST_LOOKS = 5;

/**
 * Sets when the stores of completed corrections are read again, unless that was often enough. Their
 * storage keys are kept, because the record that knew some of them is gone now.
 */
export async function scheduleSecondLooks(
  db: Queryable,
  tasks: readonly { id: number; storageKey: string | null }[],
  at: Date,
): Promise<void> {
  if (tasks.length === 0) return;
  await db`
    with given as (
      select * from unnest(
        ${tasks.map(({ id }) => id)}::bigint[], ${tasks.map(({ storageKey }) => storageKey)}::text[]
      ) as g(id, storage_key)
    ), kept as (
      update auto_correction_tasks t set storage_key = g.storage_key from given g
      where t.id = g.id and t.storage_key is null and g.storage_key is not null
    )
    insert into correction_second_looks as l (correction_id, look_at) select id, ${at} from given
    on conflict (correction_id) do update set look_at = ${at} where l.looks < ${MOST_LOOKS}`;
}

/**
 * Has the stores read once more where another place of a failed file came to light, and its correction
 * has settled steps already or is at work on them. One that comes to them later finds the place by
 * itself.
 */
export async function lookAgain(
  db: Queryable,
  files: readonly { file: FileKey; generation: number }[],
  at: Date,
): Promise<void> {
  if (files.length === 0) return;
  await db`
    insert into correction_second_looks as l (correction_id, look_at)
    select t.id, ${at} from unnest(
      ${files.map(({ file }) => file.file_document_id)}::text[],
      ${files.map(({ generation }) => generation)}::int[]
    ) as g(document, generation)
    join auto_correction_tasks t on t.file_document_id = g.document and t.generation = g.generation
    where t.status in ('processing', 'completed')
      or (t.status = 'pending' and (t.removal_began_at is not null or t.not_applicable <> '{}'))
    group by t.id order by t.id
    on conflict (correction_id) do update set look_at = least(l.look_at, excluded.look_at)`;
}

/** Second looks whose time has come. */
export function overdueSecondLooks(db: Queryable) {
  return db<{ correction_id: number }[]>`
    select correction_id from correction_second_looks where look_at <= now() order by look_at`;
}

/** The correction to look at, where its time has come. */
export async function dueSecondLook(db: Queryable, id: number): Promise<CorrectionRow | undefined> {
  const [row] = await db<CorrectionRow[]>`
    select t.* from correction_second_looks l join auto_correction_tasks t on t.id = l.correction_id
    where l.correction_id = ${id} and l.look_at <= now()`;
  return row;
}

/** Puts a look off: a store did not answer, or an event of the file is not applied yet. */
export async function postponeSecondLook(db: Queryable, id: number, at: Date): Promise<void> {
  await db`
    update correction_second_looks set look_at = ${at} where correction_id = ${id}
      and look_at is not null`;
}

/** Notes that a look was had. */
export async function endSecondLook(db: Queryable, id: number): Promise<void> {
  await db`
    update correction_second_looks set look_at = null, looks = looks + 1, looked_at = now()
    where correction_id = ${id}`;
}

/**
 * Makes a completed correction due again, because the stores named by `found` hold something of the
 * file again: what was proven once is not true any more.
 * @returns false where it may not be: it is no longer completed, something of the file was put back since, or another one
 *   is open
 */
export async function reopenCorrection(
  db: Queryable,
  id: number,
  found: readonly CorrectionAction[],
  entry: ExecutionEntry,
): Promise<boolean> {
  const proven = (action: CorrectionAction) => !found.includes(action);
  const rows = await db`
    update auto_correction_tasks t set status = 'pending', run_at = now(), attempts = 0,
      completed_at = null, removal_began_at = null, updated_at = now(),
      s3_cleanup_completed = s3_cleanup_completed and ${proven('s3_delete')},
      chroma_cleanup_completed = chroma_cleanup_completed and ${proven('chroma_delete')},
      cms_cleanup_completed = cms_cleanup_completed and ${proven('cms_delete')},
      not_applicable = not_applicable - ${[...found]}::text[],
      execution_log = execution_log || ${JSON.stringify([entry])}::text::jsonb
    where id = ${id} and status = 'completed'
      -- What another correction of the file had removed stands in the same stores.
      and not exists (
        select from auto_correction_tasks o join correction_restores r on r.correction_id = o.id
        where o.file_document_id = t.file_document_id and (r.status in ('pending', 'processing')
          or (r.status = 'completed' and r.completed_at >= t.completed_at)))
      and not exists (select from auto_correction_tasks o
        where o.file_document_id = t.file_document_id and o.generation = t.generation
          and o.status in ('pending', 'awaiting_approval', 'processing'))
    returning 1`;
  return rows.length > 0;
}
