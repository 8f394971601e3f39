import type { ModeSubject } from '../../domain/correction-mode.ts';
import type { Queryable } from '../client.ts';

/** What tells whose modes a task is judged by. */
export type Judged = ModeSubject & { file_document_id: string; user_email: string | null };

/**
 * The companies whose modes tasks are judged by, each task's own first: all who have its document by our
 * records, because the stores know it by its id alone. What a producer asked for is judged by those who
 * had it, too.
 * @returns in the order of the tasks
 */
export async function companiesJudging(
  db: Queryable,
  tasks: readonly Judged[],
): Promise<(number | null)[][]> {
  const documents = [...new Set(tasks.map((task) => task.file_document_id))];
  if (documents.length === 0) return [];
  // `offset 0` has each document looked up for itself, as the guard does.
  const rows = await db<{ document: string; company_id: number; has: boolean }[]>`
    select document, company_id, has from unnest(${documents}::text[]) as asked(document)
    cross join lateral (
      select f.company_id, f.deleted_at is null as has
      from file_processing_status f where f.file_document_id = asked.document
      union
      select e.company_id, true from file_events e
      where e.file_document_id = asked.document and e.applied_at is null
        and e.dead_lettered_at is null
      offset 0
    ) owner`;
  return tasks.map(({ file_document_id, company_id, user_email }) => {
    const owners = rows.filter(
      ({ document, has }) => document === file_document_id && (has || user_email === null),
    );
    return [company_id, ...owners.map((owner) => owner.company_id)];
  });
}
