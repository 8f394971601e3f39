import type { Queryable } from '../client.ts';
import type { CorrectionRow } from './corrections.ts';

/** Why a correction must not (go on to) delete; `waiting` only means: not before it is applied. */
export type Objection =
  | 'newer generation'
  | 'it was forgotten and began anew'
  | 'it succeeded'
  | 'another owner has it'
  | 'it was deleted'
  | 'its ingestion is under way'
  | 'waiting';

type Guarded = Pick<
  CorrectionRow,
  'id' | 'file_document_id' | 'generation' | 'company_id' | 'bot_id' | 'user_email' | 'created_at'
>;
type Reasons = Record<
  'newer' | 'anew' | 'succeeded' | 'other' | 'deleted' | 'ongoing' | 'waiting',
  boolean
>;

/**
 * Asks our own records whether each file is still the one that failed: the guard of promise 6. It
 * counts what is accepted but not yet applied.
 * @returns the objections by task id; a task without one may go on
 */
export async function objectionsTo(
  db: Queryable,
  tasks: readonly Guarded[],
): Promise<Map<number, Objection>> {
  if (tasks.length === 0) return new Map();
  // A task with an owner is judged by that owner's file (`own`); another owner's file only counts while
  // it has not failed (`other`). A task that a producer asked for has no owner (`anybodys`): anybody's
  // success or newer generation objects, and so does any file that has not failed and was heard of since
  // the request (`resumed`), because an ingester that gave up without a word may have begun again.
  // A delete only objects to tasks created before it: later ones are for what the deleted file left.
  // A file that was deleted and forgotten counts its generations from one again, so a lower generation
  // is a newer file (`anew`).
  // `offset 0` has each task looked up by itself; the planner would rather read both tables to their
  // ends once for the whole set.
  const rows = await db<(Reasons & { id: number })[]>`
    select asked.id,
      coalesce(bool_or(present and (own or anybodys) and s.generation > asked.generation), false) as newer,
      coalesce(bool_or(present and own and s.generation < asked.generation), false) as anew,
      coalesce(bool_or(present and good and (own or anybodys)), false) as succeeded,
      coalesce(bool_or(present and not anybodys and not own and s.status <> 'failed'), false) as other,
      coalesce(bool_or(own and not present and not anybodys and s.moved_at >= asked.created_at), false)
        as deleted,
      coalesce(bool_or(present and s.status <> 'failed' and (own or resumed)), false) as ongoing,
      exists (select from file_events e where e.file_document_id = asked.document
        and e.applied_at is null and e.dead_lettered_at is null offset 0) as waiting
    from (
      select *, user_email is null as anybodys from unnest(
        ${tasks.map((task) => task.id)}::bigint[],
        ${tasks.map((task) => task.file_document_id)}::text[],
        ${tasks.map((task) => task.generation)}::int[],
        ${tasks.map((task) => task.company_id)}::int[],
        ${tasks.map((task) => task.bot_id)}::int[],
        ${tasks.map((task) => task.user_email)}::text[],
        ${tasks.map((task) => task.created_at.toISOString())}::text[]::timestamptz[]
      ) as t(id, document, generation, company_id, bot_id, user_email, created_at)
    ) asked
    left join lateral (
      select f.generation, f.status, f.updated_at as moved_at, f.deleted_at is null as present,
        f.status = 'success' and f.processing_stage = 'completed' as good,
        (f.company_id = asked.company_id and f.bot_id = asked.bot_id
          and f.user_email = asked.user_email) is true as own,
        anybodys and f.status <> 'failed' and exists (select from file_events e
          where e.file_document_id = asked.document and e.received_at > asked.created_at) as resumed
      from file_processing_status f where f.file_document_id = asked.document offset 0
    ) s on true
    group by asked.id, asked.document`;
  return new Map(
    rows.flatMap((row) => {
      const objection = objectionOf(row);
      return objection ? [[row.id, objection] as const] : [];
    }),
  );
}

function objectionOf(reasons: Reasons): Objection | null {
  const { newer, anew, succeeded, other, deleted, ongoing, waiting } = reasons;
  if (newer) return 'newer generation';
  if (anew) return 'it was forgotten and began anew';
  if (succeeded) return 'it succeeded';
  if (other) return 'another owner has it';
  if (deleted) return 'it was deleted';
  // What is not applied yet may be its failure.
  if (waiting) return 'waiting';
  return ongoing ? 'its ingestion is under way' : null;
}
