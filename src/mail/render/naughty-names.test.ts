import { describe, expect, test } from 'vitest';
import { parseHtml } from '../../../test/support/html-text.ts';
import {
  BATCH_MAILS,
  batchMail,
  failedFile,
  mailFile,
  UNSUBSCRIBE_URL,
} from '../../../test/support/mail-fixtures.ts';
import { ALL_NAUGHTY_STRINGS } from '../../../test/support/naughty-strings.ts';
import { type BatchMail, LISTED_FILES, renderBatchCompletion } from './batch-completion.ts';
import { subjectLine } from './subject-line.ts';
import { isolated, shortMessage, shortName } from './untrusted-text.ts';

/** Every string of two collections, as file name, as error message and as address. */

const PAGES = Array.from(
  { length: Math.ceil(ALL_NAUGHTY_STRINGS.length / LISTED_FILES) },
  (_, page) => ALL_NAUGHTY_STRINGS.slice(page * LISTED_FILES, (page + 1) * LISTED_FILES),
);
const OURS = [
  'https://bots.example.com/batches/b1f0c1de-4f3e-4a86-9a53-0d6a5c1b7e55',
  UNSUBSCRIBE_URL,
];

const mailOf = (texts: string[], user_email = texts[0]!): BatchMail =>
  batchMail({
    user_email,
    total_files: 2 * texts.length,
    failed_files: texts.length,
    successful_files: texts.length,
    files: {
      failed: texts.map((text) => failedFile({ file_name: text, error_message: `!${text}` })),
      unfinished: [],
      successful: texts.map((text) => mailFile({ file_name: text })),
    },
  });
const harmless = (texts: string[]) => mailOf(texts.map((_, index) => `File ${index}.pdf`));
const shownName = (text: string) => shortName(text) || 'File without a name';

test('there are hundreds of them', () => {
  expect(ALL_NAUGHTY_STRINGS.length).toBeGreaterThan(450);
});

describe.each(PAGES.map((texts, page) => ({ page, texts })))('page $page', ({ texts }) => {
  test('is text in HTML: the elements, attributes and links of any other mail', async () => {
    const [{ html }, plain] = await Promise.all([
      renderBatchCompletion(mailOf(texts)),
      renderBatchCompletion(harmless(texts)),
    ]);
    const [parsed, expected] = [parseHtml(html ?? ''), parseHtml(plain.html ?? '')];
    expect(parsed.elements).toEqual(expected.elements);
    expect(parsed.attributes).toEqual(expected.attributes);
    expect(parsed.links).toEqual(OURS);
    const shown = parsed.texts.filter(({ element }) => element === 'bdi').map(({ text }) => text);
    expect(shown).toEqual([
      ...texts.flatMap((text) => [shownName(text), shortMessage(`!${text}`)]),
      ...texts.map(shownName),
      `Sent to ${shortName(texts[0]!)}`,
      'Batch b1f0c1de-4f3e-4a86-9a53-0d6a5c1b7e55',
    ]);
  });

  test('is one entry each in plain text, and adds no line of its own', async () => {
    const mail = mailOf(texts);
    mail.preferences.email_format = 'text';
    const { html, text } = await renderBatchCompletion(mail);
    expect(html).toBeNull();
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e]/u);
    const entries = text.split('\n').filter((line) => line.startsWith('* '));
    expect(entries).toHaveLength(2 * texts.length);
    const flat = text.replace(/\s+/g, ' ');
    for (const name of texts) expect(flat).toContain(`* ${isolated(shownName(name))} `);
    const alone = text.split('\n').filter((line) => /^https?:/.test(line));
    expect(alone).toEqual(OURS);
  });

  test('is one clean line as a subject', async () => {
    for (const file_name of texts) {
      const mail = { ...BATCH_MAILS['one ready']! };
      mail.files = { failed: [], unfinished: [], successful: [mailFile({ file_name })] };
      const { subject } = await renderBatchCompletion(mail);
      expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|=\?/u);
      expect(subject).toContain('Ready: ');
    }
  });
});

test('an encoded word cannot be smuggled into a subject', () => {
  expect(subjectLine('a =?utf-8?q?b?=')).toBe('a = ?utf-8?q?b?=');
  expect(subjectLine('a =\u200b?utf-8?q?b?=')).toBe('a = ?utf-8?q?b?=');
  expect(subjectLine('=?'.repeat(200)).length).toBeLessThanOrEqual(150);
});
