import PostalMime, { type Attachment, type Email } from 'postal-mime';
import type { DeliveryNotice } from '../../contracts/suppressions.ts';
import { isComplaint, NoticeError, noticeOf } from './notice.ts';
import { type ReportFields, recipientOf, reportGroups } from './report-fields.ts';
import { deliveryStatus, isHardBounce } from './status.ts';

/** Reports nest a mail in a mail, and not deeper. */
const LIMITS = { maxNestingDepth: 20, maxHeadersSize: 256 * 1024 };
/**
 * How much is read. A report stands before the mail that came back, and needs no more of that than its
 * head; the parser takes its time for each line, and for odd base64, and anybody can send a lot of both.
 */
const MAX_BYTES = 2 ** 20;
const MAX_LINES = 50_000;
const LINE_FEED = 10;

/**
 * What a mail to the bounce address says: a delivery status notification (RFC 3464) or an abuse report
 * (RFC 5965). Delays, relayed mail and failures that may pass say nothing.
 * @param raw the whole mail as it arrived
 * @throws NoticeError where it is no mail at all, or neither kind of report
 */
export async function reportNotices(raw: Uint8Array): Promise<DeliveryNotice[]> {
  const mail = await parse(raw);
  const status = partsOf(mail, 'message/delivery-status', 'message/global-delivery-status')[0];
  if (status) return bounces(status, mail.date);
  const feedback = partsOf(mail, 'message/feedback-report')[0];
  if (feedback) return complaints(feedback, mail);
  throw new NoticeError('it is neither a delivery status notification nor an abuse report');
}

async function parse(raw: Uint8Array): Promise<Email> {
  try {
    return await PostalMime.parse(beginning(raw), { ...LIMITS, forceRfc822Attachments: true });
  } catch {
    throw new NoticeError('it cannot be read as a mail');
  }
}

function beginning(mail: Uint8Array): Uint8Array {
  const raw = mail.subarray(0, MAX_BYTES);
  let end = 0;
  for (let line = 0; line < MAX_LINES; line += 1) {
    end = raw.indexOf(LINE_FEED, end) + 1;
    if (end === 0) return raw;
  }
  return raw.subarray(0, end);
}

const partsOf = ({ attachments }: Email, ...types: string[]) =>
  attachments.filter(({ mimeType }) => types.includes(mimeType));

/** One group about the message, then one about each recipient; the first has no `Action`. */
function bounces(part: Attachment, mailDate: string | undefined): DeliveryNotice[] {
  return reportGroups(textOf(part)).flatMap((recipient) => {
    if (!/^failed\b/i.test(recipient.get('action') ?? '')) return [];
    const diagnostic = recipient.get('diagnostic-code') ?? '';
    const status = deliveryStatus(recipient.get('status') ?? '', diagnostic);
    if (!isHardBounce(status)) return [];
    const at = recipient.get('last-attempt-date') ?? mailDate;
    return noticeOf(recipientOf(recipient), 'hard_bounce', `${status} ${diagnostic}`.trim(), at);
  });
}

async function complaints(part: Attachment, mail: Email): Promise<DeliveryNotice[]> {
  const report: ReportFields = reportGroups(textOf(part))[0] ?? new Map();
  const type = report.get('feedback-type');
  if (!type || !isComplaint(type)) return [];
  const recipient = report.get('original-rcpt-to') ?? (await addresseeOf(mail));
  return noticeOf(recipient, 'complaint', type, report.get('arrival-date') ?? mail.date);
}

/** Many reporters name the recipient only in the reported mail itself; ours go to one person each. */
async function addresseeOf(report: Email): Promise<string | undefined> {
  const types = ['message/rfc822', 'message/global', 'text/rfc822-headers'];
  const [reported] = partsOf(report, ...types);
  if (!reported) return undefined;
  const { to = [] } = await parse(bytesOf(reported));
  return to.length === 1 ? to[0]?.address : undefined;
}

function bytesOf({ content }: Attachment): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
}

const textOf = (part: Attachment) => new TextDecoder().decode(bytesOf(part));
