import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failedFile, mailFile } from '../../../test/support/mail-fixtures.ts';
import { ALL_NAUGHTY_STRINGS } from '../../../test/support/naughty-strings.ts';
import { filesCsv } from './files-csv.ts';
import type { MailFile } from './mail-file.ts';

async function csvOf(files: Iterable<MailFile> | AsyncIterable<MailFile>): Promise<string> {
  let csv = '';
  for await (const line of filesCsv(files)) csv += line;
  return csv;
}

/** RFC 4180, read strictly. */
function parse(csv: string): string[][] {
  const cells = csv.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g);
  const rows: string[][] = [[]];
  for (const [, cell = '', end] of cells) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

test('starts with a byte order mark and a header', async () => {
  expect(await csvOf([])).toMatch(/^\ufefffile_document_id,file_name,processing_status,/);
});

test('tells a file with what was removed of it', async () => {
  const correction = {
    status: 'failed',
    s3: true,
    chroma: false,
    cms: null,
    restored: ['chroma'],
  } as const;
  const [, row] = parse(await csvOf([failedFile({ file_size_bytes: 12, correction })]));
  expect(row).toEqual([
    'k3v9x2m1p8q7w5z4',
    'Board minutes, signed copy.docx',
    'failed',
    '',
    '12',
    '',
    'processing_error',
    'PackageNotFoundError: not a zip archive at offset 0',
    'failed',
    'true',
    'false',
    '',
    'chroma',
  ]);
});

test('every name comes back in its own cell, and none is a formula', async () => {
  const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...ALL_NAUGHTY_STRINGS));
  const risky = fc
    .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', ''), name)
    .map((t) => t.join(''));
  await fc.assert(
    fc.asyncProperty(risky, async (file_name) => {
      const rows = parse(await csvOf([mailFile({ file_name }), mailFile()]));
      expect(rows).toHaveLength(3);
      expect(rows.every((row) => row.length === 13)).toBe(true);
      const cell = rows[1]?.[1] ?? '';
      expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      expect(cell.replaceAll("'", '')).toBe(file_name.replaceAll("'", ''));
    }),
  );
});

test('nothing is a formula where cells end at semicolons or tabs, whatever the quotes say', async () => {
  const piece = fc.constantFrom(
    ';',
    '\t',
    '\r\n',
    '\n',
    '"',
    ' ',
    ',',
    'a',
    '=1+1',
    '+',
    '-',
    '@x',
    '＝1',
  );
  const text = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(text, text, async (file_name, error_message) => {
      const csv = await csvOf([failedFile({ file_name, error_message })]);
      for (const cell of csv.split(/[;\t\r\n]/)) expect(cell).not.toMatch(/^[" ]*[=+\-@＝]/);
      const [, row] = parse(csv);
      expect([row?.[1], row?.[7]].map((cell) => cell?.replaceAll("'", ''))).toEqual([
        file_name,
        error_message,
      ]);
    }),
  );
});

test('streams: a line leaves before the next file is asked for', async () => {
  let asked = 0;
  async function* endless() {
    for (;;) {
      asked += 1;
      yield mailFile();
    }
  }
  const lines = filesCsv(endless());
  await lines.next();
  await lines.next();
  expect(asked).toBe(1);
  await lines.return(undefined);
});
