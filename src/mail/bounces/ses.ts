import { z } from 'zod';
import type { DeliveryNotice } from '../../contracts/suppressions.ts';
import { isComplaint, NoticeError, noticeOf } from './notice.ts';

/**
 * What Amazon SES publishes about a mail: feedback notifications call their kind `notificationType`,
 * event publishing calls it `eventType`. Kinds other than bounces and complaints say nothing here.
 */
const recipient = z.object({
  emailAddress: z.string(),
  status: z.string().nullish(),
  diagnosticCode: z.string().nullish(),
});
const sesEvent = z
  .object({
    notificationType: z.string().nullish(),
    eventType: z.string().nullish(),
    bounce: z
      .object({
        bounceType: z.string(),
        bounceSubType: z.string().nullish(),
        bouncedRecipients: z.array(recipient),
        timestamp: z.string().nullish(),
      })
      .nullish(),
    complaint: z
      .object({
        complainedRecipients: z.array(recipient),
        complaintFeedbackType: z.string().nullish(),
        timestamp: z.string().nullish(),
      })
      .nullish(),
  })
  .refine((event) => event.eventType ?? event.notificationType);

/**
 * Reads the `Message` of an SNS notification. SES calls a bounce permanent when it will not try the
 * address again; a person who says "not spam" does not complain.
 * @throws NoticeError where SES did not write it
 */
export function sesNotices(message: string): DeliveryNotice[] {
  const { bounce, complaint } = parse(message);
  if (bounce?.bounceType === 'Permanent')
    return bounce.bouncedRecipients.flatMap(({ emailAddress, status, diagnosticCode }) => {
      const told = [bounce.bounceSubType, status, diagnosticCode].filter(Boolean).join(' ');
      return noticeOf(emailAddress, 'hard_bounce', told, bounce.timestamp);
    });
  if (complaint && isComplaint(complaint.complaintFeedbackType))
    return complaint.complainedRecipients.flatMap(({ emailAddress }) =>
      noticeOf(
        emailAddress,
        'complaint',
        complaint.complaintFeedbackType ?? '',
        complaint.timestamp,
      ),
    );
  return [];
}

/** When a topic starts to get events, SES publishes this sentence instead of one. */
const GREETING = /^Successfully validated SNS topic/;

function parse(message: string): Partial<z.output<typeof sesEvent>> {
  if (GREETING.test(message)) return {};
  try {
    return sesEvent.parse(JSON.parse(message));
  } catch {
    throw new NoticeError('the SNS message does not hold an event of Amazon SES');
  }
}
