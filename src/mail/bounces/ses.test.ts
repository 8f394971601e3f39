import { describe, expect, it } from 'vitest';
import { sesBounce } from '../../../test/support/sns-double.ts';
import { sesNotices } from './ses.ts';

const complaint = (complaintFeedbackType?: string) =>
  JSON.stringify({
    eventType: 'Complaint',
    complaint: {
      complainedRecipients: [{ emailAddress: 'ann@example.org' }],
      complaintFeedbackType,
      timestamp: '2026-03-01T12:00:00.000Z',
    },
  });

describe('events of Amazon SES', () => {
  it('takes a permanent bounce, with the addresses in its text masked', () => {
    const timestamp = '2026-03-01T12:00:00.000Z';
    expect(sesNotices(sesBounce('Ann Lee <Ann@Example.org>', { timestamp }))).toEqual([
      {
        email: 'ann@example.org',
        reason: 'hard_bounce',
        detail: 'General 5.1.1 550 no Ann Lee <address>',
        at: new Date(timestamp),
      },
    ]);
  });

  it.each(['Transient', 'Undetermined'])('takes no %s bounce', (bounceType) => {
    expect(sesNotices(sesBounce('ann@example.org', { bounceType }))).toEqual([]);
  });

  it('takes complaints, not their opposite', () => {
    for (const type of [undefined, 'abuse', 'fraud'])
      expect(sesNotices(complaint(type))).toMatchObject([
        { email: 'ann@example.org', reason: 'complaint' },
      ]);
    for (const type of ['not-spam', 'virus', 'auth-failure'])
      expect(sesNotices(complaint(type))).toEqual([]);
  });

  it('takes nothing from other events, greetings and addresses that are none', () => {
    expect(sesNotices('{"notificationType":"Delivery","delivery":{}}')).toEqual([]);
    expect(sesNotices('Successfully validated SNS topic for Amazon SES.')).toEqual([]);
    expect(sesNotices(sesBounce('MAILER-DAEMON'))).toEqual([]);
  });

  it.each(['', 'hello', '{}', '[]', '{"notificationType":"Bounce","bounce":{}}'])(
    'refuses %j',
    (message) => {
      expect(() => sesNotices(message)).toThrow('does not hold an event of Amazon SES');
    },
  );
});
