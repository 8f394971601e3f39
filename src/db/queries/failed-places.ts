import type { FileOwner } from '../../domain/correction-owner.ts';
import type { Queryable } from '../client.ts';
import type { CorrectionRow } from './corrections.ts';

/** Where failed files may have left something, besides what their tasks name. */

/**
 * The storage keys that one owner's events have named since the file last succeeded or was deleted:
 * whichever attempt wrote an object, and however late it said where. A key that had been named before
 * that success is not among them, because what lies there has succeeded.
 * Part of a statement in which the owner's row of `file_processing_status` is called `f`.
 */
export const keysSinceSuccess = (db: Queryable) => db`
  select key from (
    select e.payload->>'storage_key' as key, e.occurred_at,
      coalesce(max(e.occurred_at) filter (where e.action = 'delete') over (), '-infinity') as deleted,
      coalesce(max(e.occurred_at) filter (where e.action <> 'delete'
        and e.payload->>'status' = 'success' and e.payload->>'processing_stage' = 'completed')
        over (), '-infinity') as succeeded
    from file_events e
    where e.file_document_id = f.file_document_id and e.company_id = f.company_id
      and e.bot_id = f.bot_id and e.user_email = f.user_email
      and e.dead_lettered_at is null
    offset 0
  ) told
  where key is not null and occurred_at > deleted
  group by key having bool_and(occurred_at > succeeded)`;

/** One owner's part in a failed generation. */
export interface FailedPlace extends FileOwner {
  storageKeys: string[];
}

/**
 * Everybody whose file failed with the generation that a task is about, and the keys their events
 * named: there is one task for all of them.
 * @returns by task id; of a task about no such file there is nothing
 */
export async function failedPlaces(
  db: Queryable,
  tasks: readonly Pick<CorrectionRow, 'id' | 'file_document_id' | 'generation'>[],
): Promise<Map<number, FailedPlace[]>> {
  const places = new Map<number, FailedPlace[]>();
  if (tasks.length === 0) return places;
  // `offset 0` has each file looked up for itself, as the guard does.
  const rows = await db<(FailedPlace & { id: number })[]>`
    select asked.id, f.company_id, f.bot_id,
      to_json(array(${keysSinceSuccess(db)})) as "storageKeys"
    from unnest(
      ${tasks.map((task) => task.id)}::bigint[],
      ${tasks.map((task) => task.file_document_id)}::text[],
      ${tasks.map((task) => task.generation)}::int[]
    ) as asked(id, document, generation)
    cross join lateral (
      select * from file_processing_status s where s.file_document_id = asked.document offset 0
    ) f
    where f.generation = asked.generation and f.status = 'failed' and f.deleted_at is null
    order by f.id`;
  for (const { id, ...place } of rows) places.set(id, [...(places.get(id) ?? []), place]);
  return places;
}
