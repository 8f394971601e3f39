/** Mails a bounce address gets, as mail servers write them. */

const frame = (to: string, reportType: string, type: string, report: string, reported: string) =>
  [
    'From: MAILER-DAEMON@mx.example.net',
    'To: tidings@example.com',
    'Date: Sun, 1 Mar 2026 12:00:00 +0000',
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${reportType};`,
    '\tboundary="=_bound"',
    '',
    '--=_bound',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'This is a report. Action: failed, Status: 5.1.1',
    '--=_bound',
    `Content-Type: ${type}`,
    '',
    ...report.split('\n'),
    '',
    '--=_bound',
    `Content-Type: ${reported}`,
    '',
    'From: tidings@example.com',
    `To: ${to}`,
    'Message-ID: <tidings.1@example.com>',
    'Subject: 1 file ready',
    '',
    'Hello',
    '--=_bound--',
    '',
  ].join('\r\n');

/** A delivery status notification (RFC 3464); `recipients` are the groups after the first. */
export const statusMail = (to: string, recipients: string, type = 'message/delivery-status') =>
  frame(
    to,
    'delivery-status',
    type,
    `Reporting-MTA: dns; mx.example.net\nArrival-Date: Sun, 1 Mar 2026 11:59:00 +0000\n\n${recipients}`,
    'message/rfc822',
  );

/** The usual one: nobody there. */
export const bounceMail = (to: string, status = '5.1.1') =>
  statusMail(
    to,
    `Final-Recipient: rfc822; ${to}\nAction: failed\nStatus: ${status}\nDiagnostic-Code: smtp; 550 ${status} <${to}>:\n  refused`,
  );

/** A report of abuse (RFC 5965) about a mail to `to`. */
export const complaintMail = (to: string, fields: string, reported = 'message/rfc822') =>
  frame(
    to,
    'feedback-report',
    'message/feedback-report',
    `User-Agent: Reporter/1.0\nVersion: 1\n${fields}`,
    reported,
  );
