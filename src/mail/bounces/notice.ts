import type { DeliveryNotice } from '../../contracts/suppressions.ts';
import { emailAddress, storable } from '../../contracts/text.ts';
import { redact } from '../transports/redact.ts';

/** A provider's message cannot be read, or its signature proves nothing. Said to whoever sent it. */
export class NoticeError extends Error {
  override name = 'NoticeError';
}

/** Reports that are no complaint about the mail: RFC 5965, section 7.3, and RFC 6591. */
const NO_COMPLAINT = new Set(['not-spam', 'virus', 'auth-failure']);

/** @param feedbackType as RFC 5965 names it; providers may leave it out */
export function isComplaint(feedbackType: string | null | undefined): boolean {
  return !NO_COMPLAINT.has((feedbackType ?? '').trim().toLowerCase());
}

/**
 * A notice about one address, as a list to be joined with others.
 * @param recipient an address, with or without a display name
 * @param at when it happened; now where nobody says or the text is no date
 * @returns nothing where the recipient is no address anybody was written to
 */
export function noticeOf(
  recipient: string | null | undefined,
  reason: DeliveryNotice['reason'],
  detail: string,
  at?: string | Date | null,
): DeliveryNotice[] {
  const bare = /<([^<>]*)>\s*$/.exec(recipient ?? '')?.[1] ?? recipient ?? '';
  const email = emailAddress.safeParse(bare.trim());
  if (!email.success) return [];
  const time = new Date(at ?? Number.NaN);
  const year = time.getUTCFullYear();
  const known = year >= 1 && year <= 9999;
  return [
    { email: email.data, reason, detail: storable(redact(detail)), at: known ? time : new Date() },
  ];
}
