import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHtml } from '../../../test/support/html-text.ts';
import {
  BATCH_MAILS,
  batchMail,
  failedFile,
  fullestBatch,
  mailFile,
  UNSUBSCRIBE_URL,
} from '../../../test/support/mail-fixtures.ts';
import { ALL_NAUGHTY_STRINGS } from '../../../test/support/naughty-strings.ts';
import { LOCALES } from '../locales/index.ts';
import { type BatchMail, renderBatchCompletion } from './batch-completion.ts';
import { shortMessage, shortName } from './untrusted-text.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...ALL_NAUGHTY_STRINGS));
const german = (mail: BatchMail) => ({
  ...mail,
  preferences: { ...mail.preferences, locale: 'de' },
});
const htmlOf = async (mail: BatchMail) => (await renderBatchCompletion(mail)).html ?? '';

describe('the line on top', () => {
  test.each([
    [
      'mixed',
      '3 files are ready, 2 could not be processed',
      '3 Dateien sind bereit, 2 konnten nicht verarbeitet werden',
    ],
    ['one ready', 'Your file is ready', 'Ihre Datei ist bereit'],
    [
      'one failed',
      'Your file could not be processed',
      'Ihre Datei konnte nicht verarbeitet werden',
    ],
    ['one unfinished', 'Your file is still in progress', 'Ihre Datei ist noch in Arbeit'],
    ['all ready', '3 files are ready', '3 Dateien sind bereit'],
    ['still in progress', '2 files are still in progress', '2 Dateien sind noch in Arbeit'],
    [
      'very large',
      '4,000 files are ready, 300 could not be processed, 87 are still in progress',
      '4.000 Dateien sind bereit, 300 konnten nicht verarbeitet werden, 87 sind noch in Arbeit',
    ],
  ])('%s', async (state, english, translated) => {
    const mail = BATCH_MAILS[state]!;
    const { text, html } = await renderBatchCompletion(mail);
    expect(text.split('\n').slice(0, 2).join(' ').trim()).toContain(english);
    expect(html).toContain(`>${english}</h1>`);
    expect(html).toContain(`>${english}. 20 November 2026`);
    expect(await htmlOf(german(mail))).toContain(`>${translated}</h1>`);
  });
});

describe('the subject', () => {
  test('counts, and names a single file', async () => {
    expect((await renderBatchCompletion(batchMail())).subject).toBe('3 files ready, 2 failed');
    expect((await renderBatchCompletion(BATCH_MAILS['one ready']!)).subject).toBe(
      'Ready: Travel policy 2026.pdf',
    );
  });

  test('is one short clean line whatever the file is called', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (file_name) => {
        const single = { ...BATCH_MAILS['one ready']! };
        single.files = { failed: [], unfinished: [], successful: [mailFile({ file_name })] };
        const { subject } = await renderBatchCompletion(single);
        expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect(subject.length).toBeLessThanOrEqual(150);
      }),
      { numRuns: 60 },
    );
  });
});

test('names and messages are text and nothing else', async () => {
  const plain = parseHtml(await htmlOf(batchMail()));
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (file_name, error_message) => {
      const mail = batchMail();
      mail.files.failed[0] = failedFile({ file_name, error_message: `!${error_message}` });
      const parsed = parseHtml(await htmlOf(mail));
      expect(parsed.elements).toEqual(plain.elements);
      expect(parsed.attributes).toEqual(plain.attributes);
      const isolated = parsed.texts.filter(({ element }) => element === 'bdi');
      const shown = isolated.map(({ text }) => text);
      expect(shown).toContain(shortName(file_name) || 'File without a name');
      expect(shown).toContain(shortMessage(`!${error_message}`));
    }),
    { numRuns: 60 },
  );
});

test('nothing but the button and the footer is a link', async () => {
  const { html, text } = await renderBatchCompletion(BATCH_MAILS['naughty names']!);
  expect(html?.match(/<a\b/g)).toHaveLength(2);
  expect(html).toContain('href="https://bots.example.com/batches/b1f0c1de');
  expect(text).toContain('* https://evil.example/login?next=//x\n');
  const unlinked = batchMail({ app_url: 'javascript:alert(1)', unsubscribe_url: undefined });
  expect(await htmlOf(unlinked)).not.toContain('<a ');
  expect(await htmlOf(batchMail({ batch_id: '../"x' }))).toContain('/batches/..%2F%22x"');
});

test.each(LOCALES)('the footer offers to stop the mails, $language', async (locale) => {
  const mail = batchMail();
  mail.preferences.locale = locale.language;
  const { html, text } = await renderBatchCompletion(mail);
  expect(html).toContain(`>${locale.unsubscribe.action}</a>`);
  expect(parseHtml(html ?? '').links.at(-1)).toBe(UNSUBSCRIBE_URL);
  expect(text).toContain(`\n${locale.unsubscribe.action}:\n${UNSUBSCRIBE_URL}\n`);
});

test('without PUBLIC_URL the footer offers nothing', async () => {
  const { html, text } = await renderBatchCompletion(batchMail({ unsubscribe_url: undefined }));
  for (const body of [html, text]) expect(body).not.toMatch(/Stop these|unsubscribe/);
});

describe('the lists', () => {
  test('failed files come first, with reason, clean-up and message', async () => {
    const { text } = await renderBatchCompletion(batchMail());
    expect(text.indexOf('Board minutes')).toBeLessThan(text.indexOf('Travel policy'));
    expect(text).toContain('The file could not be read.');
    expect(text).toContain('Removed from file storage, the search index and the CMS.');
    expect(text).toContain('Still being removed from the search index.');
    expect(text).toContain('Technical message: PackageNotFoundError');
  });

  test('each state of the clean-up is told', async () => {
    const { text } = await renderBatchCompletion(BATCH_MAILS['all failed, every clean-up']!);
    const flat = text.replace(/\s+/g, ' ');
    for (const sentence of [
      'Removed from file storage. Still being removed from the search index and the CMS.',
      'Waiting for an operator to approve its removal from file storage and the CMS.',
      'Removed from file storage. Could not be removed from the search index and the CMS;',
      'The clean-up was called off; nothing was removed.',
      'Removed from the CMS. Put back in file storage and the search index.',
      'Put back in the search index. The rest of the clean-up was called off.',
      'Put back in file storage. Could not be removed from the search index and the CMS;',
      'Removed from file storage and the search index. The rest of the clean-up was called off.',
      'Trial run, nothing was removed: it would have gone from the search index.',
      'There was nothing to clean up.',
    ])
      expect(flat).toContain(sentence);
  });

  test('without error details failed files are only named, without success details only counted', async () => {
    const { text, html } = await renderBatchCompletion(BATCH_MAILS['without details']!);
    for (const body of [text, html]) {
      expect(body).toContain('Board minutes, signed copy.docx');
      expect(body).not.toMatch(/PackageNotFound|could not be read|Removed from|Travel policy/);
      expect(body).toContain('3 files are ready');
    }
  });

  test('say how many files they leave out, and that the rest is attached', async () => {
    const { text, html } = await renderBatchCompletion(BATCH_MAILS['very large']!);
    for (const body of [text, html]) {
      expect(body).toContain('and 3,975 more');
      expect(body).toContain('attached as a CSV file');
    }
  });

  test('a category named like something every object has is still unknown', async () => {
    const mail = batchMail();
    mail.files.failed = [failedFile({ error_category: 'constructor' })];
    expect((await renderBatchCompletion(mail)).text).toContain('Something went wrong');
  });
});

test('plain text was asked for: no HTML', async () => {
  const { html, text } = await renderBatchCompletion(BATCH_MAILS['plain text']!);
  expect(html).toBeNull();
  expect(text).toContain('Board minutes');
});

test.each([
  ['long names', 'A long name '.repeat(90), 'A long message '.repeat(600)],
  ['markup', '<"&\'`='.repeat(170), '<"&\'`='.repeat(1600)],
  ['wide characters', '𝕏🏴󠁧󠁢󠁥󠁮󠁧󠁿報'.repeat(60), '報告'.repeat(5000)],
])('a full mail of %s stays under 100 KB', async (_, name, message) => {
  const { html, text } = await renderBatchCompletion(german(fullestBatch(name, message)));
  expect(Buffer.byteLength(html ?? '')).toBeLessThan(100_000);
  expect(Buffer.byteLength(text)).toBeLessThan(100_000);
});

test('the text twin wraps', async () => {
  for (const mail of Object.values(BATCH_MAILS)) {
    const { text } = await renderBatchCompletion(german(mail));
    const long = text.split('\n').filter((line) => line.length > 76);
    expect(long.filter((line) => line.trim().replace(/^\* /, '').includes(' '))).toEqual([]);
  }
});
