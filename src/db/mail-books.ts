import type { Sql } from './client.ts';
import { type BatchRow, findBatches } from './queries/batches.ts';
import { claimConflictNotices } from './queries/conflicts.ts';
import {
  type Claim,
  type Completed,
  claimEmails,
  completeEmails,
  type LeasedClaim,
  recordHandOvers,
} from './queries/email-claims.ts';
import { placesInLine } from './queries/email-lines.ts';
import { type EmailRow, findEmails, type RenderedRow, saveRendered } from './queries/emails.ts';
import { type FileList, reportedFiles } from './queries/mail-content.ts';
import { objections } from './queries/objections.ts';
import { together, togetherByKey } from './together.ts';

/** What a mail needs of the database on its way out: asked for one mail, answered for many at a time. */
export type MailBooks = ReturnType<typeof mailBooks>;

/**
 * The books of one process. Each function takes one mail's question; those that come together share one
 * statement and one commit, and each is answered after it. See the query functions for what they answer.
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
    files: together((lists: FileList[]) => reportedFiles(sql, lists)),
    conflicts: together((batches: BatchRow[]) => claimConflictNotices(sql, batches)),
    saveRendered: together((mails: RenderedRow[]) => saveRendered(sql, mails)),
    place: together(async (ids: number[]) => {
      const places = await placesInLine(sql, ids);
      return ids.map((id) => places.get(id) ?? 1);
    }),
    claim: together((claims: LeasedClaim[]) => claimEmails(sql, claims)),
    objections: together((mails: EmailRow[]) => objections(sql, mails)),
    handOver: together((claims: Claim[]) => recordHandOvers(sql, claims)),
    complete: together((mails: Completed[]) => completeEmails(sql, mails)),
  };
}
