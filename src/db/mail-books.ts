import type { Sql } from './client.ts';
import { claimConflictNotices, type Told } from './queries/conflicts.ts';
import {
  type Claim,
  type Completed,
  claimEmails,
  completeEmails,
  type LeasedClaim,
  recordHandOvers,
} from './queries/email-claims.ts';
import { placesInLine, quotaUse } from './queries/email-lines.ts';
import { type RenderedRow, saveRendered } from './queries/emails.ts';
import { type FileList, reportedFiles } from './queries/mail-content.ts';
import { findMails } from './queries/mails.ts';
import { together, togetherByKey } from './together.ts';

/** What a mail needs of the database on its way out: asked for one mail, answered for many at a time. */
export type MailBooks = ReturnType<typeof mailBooks>;

/**
 * The books of one process. Each function takes one mail's question; those that come together share one
 * statement and one commit, and each is answered after it. See the query functions for what they answer.
 */
export function mailBooks(sql: Sql) {
  const pool = { poolSize: sql.options.max };
  return {
    mail: togetherByKey(
      (ids: number[]) => findMails(sql, ids),
      ({ email }) => email.id,
      pool,
    ),
    files: together((lists: FileList[]) => reportedFiles(sql, lists), pool),
    conflicts: together((batches: Told[]) => claimConflictNotices(sql, batches), pool),
    saveRendered: together((mails: RenderedRow[]) => saveRendered(sql, mails), pool),
    place: together(async (ids: number[]) => {
      const places = await placesInLine(sql, ids);
      return ids.map((id) => places.get(id) ?? 1);
    }, pool),
    quotaUse: together((mails: Parameters<typeof quotaUse>[1]) => quotaUse(sql, mails), pool),
    claim: together((claims: LeasedClaim[]) => claimEmails(sql, claims), pool),
    // The mail server waits meanwhile.
    handOver: together((claims: Claim[]) => recordHandOvers(sql, claims), { ...pool, restMs: 0 }),
    complete: together((mails: Completed[]) => completeEmails(sql, mails), pool),
  };
}
