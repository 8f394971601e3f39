import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bounceMail, complaintMail, statusMail } from '../../../test/support/report-mails.ts';
import { NoticeError } from './notice.ts';
import { reportNotices } from './report-mail.ts';
import { deliveryStatus, isHardBounce } from './status.ts';

const ANN = 'ann@example.org';
const notices = (mail: string) => reportNotices(Buffer.from(mail));

describe('delivery status notifications', () => {
  it('takes a failed delivery to nobody', async () => {
    expect(await notices(bounceMail(ANN))).toEqual([
      {
        email: ANN,
        reason: 'hard_bounce',
        detail: '5.1.1 smtp; 550 5.1.1 <address>: refused',
        at: new Date('2026-03-01T12:00:00Z'),
      },
    ]);
  });

  it.each(['5.1.0', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1', '5.4.1', '5.4.4'])(
    'takes %s',
    async (status) => {
      expect(await notices(bounceMail(ANN, status))).toHaveLength(1);
    },
  );

  it.each(['4.2.2', '4.4.1', '5.2.2', '5.2.3', '5.1.8', '5.7.1', '5.6.0', '5.0.0', '2.1.5'])(
    'takes nothing from %s',
    async (status) => {
      expect(await notices(bounceMail(ANN, status))).toEqual([]);
    },
  );

  it.each([
    ['5.0.0', 'smtp; 550 5.1.1 <address> unknown', '5.1.1'],
    ['5.0.0', "smtp; 5.1.0 - Unknown address error 550-'5.1.1 no such account", '5.1.1'],
    ['5.0.0 (permanent failure)', 'smtp;550-5.2.1 disabled\n  550 5.2.1 see help', '5.2.1'],
    ['5.0.0', 'x-proprietary; 550 #5.1.0 Address rejected', '5.1.0'],
  ])('takes %s for what the server said: %s', async (status, diagnostic, said) => {
    const group = `Final-Recipient: rfc822; ${ANN}\nAction: failed\nStatus: ${status}\nDiagnostic-Code: ${diagnostic}`;
    const [notice, ...more] = await notices(statusMail(ANN, group));
    expect(more).toEqual([]);
    expect(notice).toMatchObject({ email: ANN, reason: 'hard_bounce' });
    expect(notice?.detail).toMatch(new RegExp(`^${said} `));
  });

  it.each(['552 5.2.2 mailbox full', '550 5.7.1 refused by policy', '550 no such user', ''])(
    'takes nothing from 5.0.0 where the server said %j',
    async (diagnostic) => {
      const group = `Final-Recipient: rfc822; ${ANN}\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; ${diagnostic}`;
      expect(await notices(statusMail(ANN, group))).toEqual([]);
    },
  );

  it.each(['delayed', 'delivered', 'relayed', 'expanded', ''])(
    'takes nothing from the action %j',
    async (action) => {
      const group = `Final-Recipient: rfc822; ${ANN}\nAction: ${action}\nStatus: 5.1.1`;
      expect(await notices(statusMail(ANN, group))).toEqual([]);
    },
  );

  it('reads each recipient, odd cases and the time of the last attempt', async () => {
    const mail = statusMail(
      ANN,
      [
        'original-recipient: rfc822;ann+2Bfiles@example.org',
        'FINAL-RECIPIENT: RFC822; <list@example.net>',
        'Action: Failed (no such user)',
        'Status: 5.1.1 (bad mailbox)',
        'Last-Attempt-Date: Sun, 1 Mar 2026 11:59:30 +0000',
        '',
        'Final-Recipient: rfc822; bob@example.org',
        'Action: delayed',
        'Status: 4.4.1',
        '',
        'Final-Recipient: utf-8; Eve@example.org',
        'Action: failed',
        'Status: 5.2.1',
      ].join('\n'),
    );
    expect(await notices(mail)).toMatchObject([
      { email: 'ann+files@example.org', at: new Date('2026-03-01T11:59:30Z') },
      { email: 'eve@example.org' },
    ]);
  });

  it('reads the internationalised kind (RFC 6533)', async () => {
    const group = `Final-Recipient: utf-8; ${ANN}\nAction: failed\nStatus: 5.1.1`;
    const mail = statusMail(ANN, group, 'message/global-delivery-status; charset=utf-8');
    expect(await notices(mail)).toHaveLength(1);
  });
});

describe('abuse reports', () => {
  it('takes a complaint by the recipient it names, else by whom the mail was to', async () => {
    const named = complaintMail(
      'x@example.org',
      `Feedback-Type: abuse\nOriginal-Rcpt-To: <${ANN}>`,
    );
    for (const mail of [
      named,
      complaintMail(ANN, 'Feedback-Type: abuse'),
      complaintMail(`Ann <${ANN}>`, 'Feedback-Type: opt-out', 'text/rfc822-headers'),
    ])
      expect(await notices(mail)).toMatchObject([{ email: ANN, reason: 'complaint' }]);
  });

  it.each(['not-spam', 'virus', 'auth-failure', ''])('takes nothing from %j', async (type) => {
    expect(await notices(complaintMail(ANN, `Feedback-Type: ${type}`))).toEqual([]);
  });

  it('blames nobody of several', async () => {
    expect(await notices(complaintMail(`${ANN}, bob@x.org`, 'Feedback-Type: abuse'))).toEqual([]);
  });
});

describe('a report that is out to keep us busy', () => {
  /** Milliseconds of this process, whatever others do meanwhile. */
  async function cost(mail: string): Promise<number> {
    const before = process.cpuUsage();
    await notices(mail);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }

  it('is read as quickly as another, however many lines come back with it', async () => {
    const long = bounceMail(ANN).replace('Hello', '\r\n'.repeat(2_000_000));
    expect(await notices(long)).toHaveLength(1);
    const usual = bounceMail(ANN).replace('Hello', '\r\n'.repeat(50_000));
    expect(await cost(long)).toBeLessThan(4 * (await cost(usual)) + 500);
  }, 120_000);

  it('is read as quickly as another, however much base64 comes back with it', async () => {
    const [plain, encoded] = [
      'message/rfc822',
      'message/rfc822\r\nContent-Transfer-Encoding: base64',
    ];
    const mail = (bytes: number) =>
      bounceMail(ANN)
        .replace(plain, encoded)
        .replace('Hello', '=3D'.repeat(bytes / 3));
    expect(await notices(mail(4_500_000))).toHaveLength(1);
    expect(await cost(mail(4_500_000))).toBeLessThan(2.5 * (await cost(mail(999_999))) + 300);
  }, 120_000);

  it('is read quickly, however long words its answers consist of', async () => {
    const answer = (word: string) =>
      `Final-Recipient: rfc822; ${ANN}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: ${word}\n`;
    const answers = (words: string) => statusMail(ANN, Array(200).fill(answer(words)).join('\n'));
    expect(await notices(answers('a'.repeat(4000)))).toHaveLength(200);
    const plain = await cost(answers('a '.repeat(2000)));
    for (const nasty of ['a'.repeat(4500), `<${'@'.repeat(4000)}`])
      expect(await cost(answers(nasty))).toBeLessThan(4 * plain + 500);
  }, 120_000);
});

describe('anything else', () => {
  it('is refused: other mail, and deep nesting', async () => {
    await expect(notices('Subject: hello\r\n\r\nStatus: 5.1.1')).rejects.toThrow(NoticeError);
    const levels = Array.from({ length: 50 }, (_, i) => i);
    const deep = levels.map((i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}`);
    await expect(notices(deep.join('\r\n'))).rejects.toThrow(NoticeError);
  });

  it('is refused and never breaks, whatever the bytes', async () => {
    const bytes = fc.uint8Array({ maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(bytes, async (raw) => {
        await expect(reportNotices(raw)).rejects.toThrow(NoticeError);
      }),
    );
  });
});

describe('status of a delivery', () => {
  it('is the one in the text where the field says only 5.0.0', () => {
    expect(deliveryStatus('5.0.0', 'smtp; 550 5.1.1 unknown')).toBe('5.1.1');
    expect(deliveryStatus('', 'smtp;550-5.1.1 unknown')).toBe('5.1.1');
    expect(deliveryStatus('5.2.2', 'smtp; 550 5.1.1 unknown')).toBe('5.2.2');
    expect(deliveryStatus('5.0.0', 'smtp; 550 no such user')).toBe('5.0.0');
    expect(deliveryStatus('garbage', 'garbage')).toBe('');
  });

  it('is never hard outside class 5', () => {
    const number = fc.integer({ min: 0, max: 999 });
    fc.assert(
      fc.property(fc.constantFrom(2, 4), number, number, (kind, subject, detail) => {
        expect(isHardBounce(`${kind}.${subject}.${detail}`)).toBe(false);
      }),
    );
  });
});
