import type { Sql } from './client.ts';
import { findBatches } from './queries/batches.ts';
import { claimConflictNotices } from './queries/conflicts.ts';
import { claimEmails, completeEmails, recordHandOvers } from './queries/email-claims.ts';
import { placesInLine } from './queries/email-lines.ts';
import { findEmails, saveRendered } from './queries/emails.ts';
import { reportedFiles } from './queries/mail-content.ts';
import { objections } from './queries/objections.ts';
import { together, togetherByKey } from './together.ts';

/** What a mail needs of the database on its way out: asked for one mail, answered for many at a time. */
export type MailBooks = ReturnType<typeof mailBooks>;

/**
 * The books of one process. Each function takes one mail's question; those that come together share one
 * statement and one commit, and each is answered after it.
 */
export function mailBooks(sql: Sql) {
  return {
    email: togetherByKey(
      (ids: number[]) => findEmails(sql, ids),
      ({ id }) => id,
    ),
    batch: togetherByKey(
      (ids: string[]) => findBatches(sql, ids),
      ({ batch_id }) => batch_id,
    ),
    files: together(reportedFiles.bind(null, sql)),
    conflicts: together(claimConflictNotices.bind(null, sql)),
    saveRendered: together(saveRendered.bind(null, sql)),
    place: together(async (ids: number[]) => {
      const places = await placesInLine(sql, ids);
      return ids.map((id) => places.get(id) ?? 1);
    }),
    claim: together(claimEmails.bind(null, sql)),
    objections: together(objections.bind(null, sql)),
    handOver: together(recordHandOvers.bind(null, sql)),
    complete: together(completeEmails.bind(null, sql)),
  };
}
