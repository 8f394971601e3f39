import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { DeliveryNotice } from '../../contracts/suppressions.ts';
import { NoticeError, noticeOf } from './notice.ts';
import { deliveryStatus } from './status.ts';

/** Older or more future deliveries are refused, as for every webhook here. */
const TOLERANCE_MS = 5 * 60_000;

/**
 * Whether SendGrid signed a delivery: ECDSA over P-256 with SHA-256 of timestamp and body.
 * @param timestamp `X-Twilio-Email-Event-Webhook-Timestamp`, in Unix seconds
 * @param signature `X-Twilio-Email-Event-Webhook-Signature`, base64
 * @param publicKey base64 of the DER encoding, as SendGrid shows it
 */
export function isSignedBySendGrid(
  body: Uint8Array,
  { timestamp, signature }: { timestamp: string; signature: string },
  publicKey: string,
  now: Date,
): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() - Number(timestamp) * 1000) > TOLERANCE_MS) return false;
  const key = createPublicKey({
    key: Buffer.from(publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  });
  const signed = Buffer.concat([Buffer.from(timestamp), body]);
  return verify('sha256', signed, key, Buffer.from(signature, 'base64'));
}

const event = z.object({
  event: z.string(),
  email: z.string().nullish(),
  /** Unix seconds. Told otherwise, when it happened is not known, but what happened is. */
  timestamp: z.number().nullish().catch(null),
  type: z.string().nullish(),
  status: z.string().nullish(),
  reason: z.string().nullish(),
});
type SendGridEvent = z.output<typeof event>;

/** Why SendGrid dropped a mail before sending it, where that says something about the address. */
const DROPPED: Record<string, DeliveryNotice['reason']> = {
  'bounced address': 'hard_bounce',
  invalid: 'hard_bounce',
  'spam reporting address': 'complaint',
};

/**
 * Reads a delivery of the event webhook. An event that is not understood takes none of the others with
 * it: SendGrid repeats a refused list as it is, and gives it up after a day.
 * @returns the notices, and how many events were not understood
 * @throws NoticeError where it is no list of events
 */
export function sendGridNotices(body: Uint8Array): { notices: DeliveryNotice[]; odd: number } {
  const entries = parse(body);
  const events = entries.flatMap((entry) => event.safeParse(entry).data ?? []);
  return { notices: events.flatMap(noticesOf), odd: entries.length - events.length };
}

function noticesOf(one: SendGridEvent): DeliveryNotice[] {
  const reason = reasonOf(one);
  if (!reason) return [];
  const detail = [one.event, one.status, one.reason].filter(Boolean).join(' ');
  const at = one.timestamp ? new Date(one.timestamp * 1000) : null;
  return noticeOf(one.email, reason, detail, at);
}

/** A `blocked` bounce is about the mail or the sender, and may pass; so may 4.x.x and a full mailbox. */
function reasonOf({ event: kind, type, status, reason }: SendGridEvent) {
  if (kind === 'spamreport') return 'complaint';
  if (kind === 'dropped') return DROPPED[(reason ?? '').toLowerCase()];
  if (kind !== 'bounce' || type === 'blocked') return undefined;
  const told = deliveryStatus(status ?? '', reason ?? '');
  return /^(4|5\.2\.2$)/.test(told) ? undefined : 'hard_bounce';
}

function parse(body: Uint8Array): unknown[] {
  try {
    return z.array(z.unknown()).parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    throw new NoticeError('it is not a list of SendGrid events');
  }
}
