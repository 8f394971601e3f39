import type { MailFile } from './mail-file.ts';

/** Columns of the attached list, in order; the header names them as the API does. */
const COLUMNS: [string, (file: MailFile) => string | number | boolean | null | undefined][] = [
  ['file_document_id', (file) => file.file_document_id],
  ['file_name', (file) => file.file_name],
  ['processing_status', (file) => file.processing_status],
  ['chunks_created', (file) => file.chunks_created],
  ['file_size_bytes', (file) => file.file_size_bytes],
  ['processing_time_seconds', (file) => file.processing_time_seconds],
  ['error_category', (file) => file.error_category],
  ['error_message', (file) => file.error_message],
  ['correction_status', (file) => file.correction?.status],
  ['removed_from_s3', (file) => file.correction?.s3],
  ['removed_from_chroma', (file) => file.correction?.chroma],
  ['removed_from_cms', (file) => file.correction?.cms],
  ['put_back_in', (file) => file.correction?.restored.join(' ')],
];

/**
 * Where a cell begins that spreadsheets read as a formula, the full-width forms included. In languages
 * with a decimal comma they part cells by semicolons, whatever the quotes say: there one begins within
 * ours, and a line break begins the next row.
 */
const FORMULA = /(^|[;\t\r\n])(?=[" ]*[=+\-@＝＋－＠])/g;

/**
 * All files of a batch as CSV (RFC 4180, CRLF, UTF-8 with a byte order mark for Excel), line by line,
 * so that a batch of any size streams. What would be a formula gets an apostrophe before it.
 */
export async function* filesCsv(
  files: AsyncIterable<MailFile> | Iterable<MailFile>,
): AsyncGenerator<string> {
  yield `\ufeff${COLUMNS.map(([name]) => name).join(',')}\r\n`;
  for await (const file of files) {
    yield `${COLUMNS.map(([, read]) => cell(read(file))).join(',')}\r\n`;
  }
}

function cell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const guarded = value.replace(FORMULA, "$1'");
  const harmless = /^[\t\r\n]/.test(guarded) ? `'${guarded}` : guarded;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
