import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { emailAddress } from '../../src/contracts/text.ts';
import { mailHeaders } from '../../src/mail/headers.ts';
import type { OutgoingMail } from '../../src/mail/message.ts';
import { renderBatchCompletion } from '../../src/mail/render/batch-completion.ts';
import { filesCsv } from '../../src/mail/render/files-csv.ts';
import { BATCH_MAILS, batchMail, mailFile } from '../support/mail-fixtures.ts';
import { mailParsers, type ParsedMail } from '../support/mail-parsers.ts';
import { ALL_NAUGHTY_STRINGS } from '../support/naughty-strings.ts';
import { closeAfterEach, faulty, mail, send, transportTo } from '../support/smtp-lab.ts';

/** From what was meant over SMTP to what others read: the mail itself is composed by nodemailer. */

closeAfterEach();
const parsers = mailParsers();
if (parsers.length < 2)
  process.stderr.write('SKIPPED: mails were not read by Python, there is no python3 here.\n');

const config = {
  FROM_EMAIL: 'Tidings für Größe <tidings@example.com>',
  PUBLIC_URL: 'https://tidings.example.com',
  LINK_SECRET: ['the secret of this test'],
  UNSUBSCRIBE_LINK_DAYS: 90,
};
const row = {
  id: 42,
  email_type: 'batch_completion',
  company_id: 3,
  bot_id: 7,
  recipient_email: 'nadia@example.com',
  rendered_at: new Date(),
};

/** Sends the mails and gives back what came through the wire. */
async function transmitted(mails: OutgoingMail[]): Promise<Buffer[]> {
  const server = await faulty();
  const over = transportTo(server.port);
  for (const one of mails) expect(await send(over, one)).toMatchObject({ outcome: 'sent' });
  expect(server.messages.map(({ to }) => to)).toEqual(mails.map(({ to }) => [to]));
  return server.messages.map(({ raw }) => Buffer.from(raw, 'latin1'));
}

/** The types of all parts, in order, as they stand in the mail. */
const typesOf = (raw: Buffer) =>
  [...raw.toString('latin1').matchAll(/^Content-Type: ([^;\r\n]+)/gim)].map(([, type]) => type);
const lines = (body: string | null) => body?.replaceAll('\r\n', '\n').trimEnd();

/** What is the same for every mail, whatever it is about. */
function expectSaid(said: ParsedMail, meant: OutgoingMail): void {
  expect(said.subject).toBe(meant.subject);
  expect(said.to).toEqual([meant.to]);
  expect(said.headers['message-id']).toBe(meant.messageId);
  expect(lines(said.text)).toBe(lines(meant.text));
  expect(lines(said.html)).toBe(meant.html === null ? undefined : lines(meant.html));
  expect(said.defects).toEqual([]);
}

describe.each(parsers)('read by $name', ({ parse }) => {
  it.each([
    ['English', 'en-GB'],
    ['German', 'de-DE'],
  ])('a whole mail in %s: headers, both parts, attachment', async (_language, locale) => {
    const files = ALL_NAUGHTY_STRINGS.map((file_name) => mailFile({ file_name }));
    const csv = await text(Readable.from(filesCsv(files)));
    const batch = BATCH_MAILS['naughty names']!;
    const preferences = { ...batch.preferences, locale };
    const meant = mail({
      ...(await renderBatchCompletion({ ...batch, preferences, attachment: true })),
      from: config.FROM_EMAIL,
      headers: mailHeaders(row, config, new Date()),
      attachments: [
        { filename: 'files-b1f0c1de.csv', contentType: 'text/csv', content: Buffer.from(csv) },
      ],
    });
    const [raw = Buffer.alloc(0)] = await transmitted([meant]);
    const [said] = await parse([raw]);
    expectSaid(said!, meant);
    expect(said?.from).toEqual({ name: 'Tidings für Größe', address: 'tidings@example.com' });
    for (const [name, value] of Object.entries(meant.headers ?? {}))
      expect(said?.headers[name.toLowerCase()], name).toBe(value);
    expect(said?.headers['list-unsubscribe']).toMatch(/^<https:\S+>$/);
    expect(said?.headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
    expect(said?.attachments).toEqual([
      {
        filename: 'files-b1f0c1de.csv',
        type: 'text/csv',
        content: Buffer.from(csv).toString('base64'),
      },
    ]);
    const alternatives = ['multipart/alternative', 'text/plain', 'text/html'];
    expect(typesOf(raw)).toEqual(['multipart/mixed', ...alternatives, 'text/csv']);
  });

  it('plain text where that was asked for: one part and no HTML', async () => {
    const meant = mail(await renderBatchCompletion(BATCH_MAILS['plain text']!));
    const [raw = Buffer.alloc(0)] = await transmitted([meant]);
    const [said] = await parse([raw]);
    expectSaid(said!, meant);
    expect(said).toMatchObject({ html: null, attachments: [] });
    expect(typesOf(raw)).toEqual(['text/plain']);
  });

  it('a file of any name, in the subject and in the text', async () => {
    const names = [...ALL_NAUGHTY_STRINGS, ...SCRIPTS];
    const mails = await Promise.all(
      names.map(async (file_name) => {
        const single = batchMail({ ...BATCH_MAILS['one ready']! });
        single.files = { failed: [], unfinished: [], successful: [mailFile({ file_name })] };
        single.preferences = { ...single.preferences, email_format: 'text' };
        return mail(await renderBatchCompletion(single));
      }),
    );
    const raws = await transmitted(mails);
    for (const raw of raws)
      expect(raw.toString('latin1').split('\r\n').every(isSafeLine)).toBe(true);
    const said = await parse(raws);
    expect(said).toHaveLength(names.length);
    for (const [index, meant] of mails.entries()) expectSaid(said[index]!, meant);
    const scripts = said.slice(-SCRIPTS.length).map(({ subject }) => subject);
    expect(scripts).toEqual(SCRIPTS.map((name) => `Ready: ${name}`));
  }, 120_000);

  it('one recipient and nobody else, or no mail: of any address', async () => {
    const given = ALL_NAUGHTY_STRINGS.flatMap((name) => [name, `${name}@example.com`]);
    const accepted = given.flatMap((one) => emailAddress.safeParse(one).data ?? []);
    const tricky = ["o'neil+a=b#c!{d}@example.com", '%s$&*/?^_`|~-@example.com'];
    const mails = [...accepted, ...tricky].map((to) => mail({ to }));
    const said = await parse(await transmitted(mails));
    for (const [index, meant] of mails.entries()) expectSaid(said[index]!, meant);
  });
});

const SCRIPTS = [
  'Straße, Übergröße & Çédille.pdf',
  '👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽.png',
  'תקציב 2026 (טיוטה).pdf',
  'تقرير سنوي ٢٠٢٦.pdf',
  '四半期報告書・最終版（改訂３）.docx',
  '한국어 문서 최종.hwp',
  'Годовой отчёт за 2026.pdf',
];

/** RFC 5322, section 2.1.1, and nothing that ends a line where it should not. */
function isSafeLine(line: string): boolean {
  return line.length <= 998 && !/[\r\n\0]/.test(line);
}
