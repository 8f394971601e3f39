import { extname } from 'node:path';

/** What text a file holds, or why it holds none. */

/** Bytes decoded at a time: the first chunks of a long file are stored while the rest is unread. */
const PIECE_BYTES = 4096;

/** How files of some kinds begin, whatever their name says. */
const SIGNATURES: [string, number[]][] = [
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a JPEG image', [0xff, 0xd8, 0xff]],
  ['a GIF image', [0x47, 0x49, 0x46, 0x38]],
  ['a PDF document', [0x25, 0x50, 0x44, 0x46]],
  ['a ZIP archive or an office document', [0x50, 0x4b, 0x03, 0x04]],
  ['compressed by gzip', [0x1f, 0x8b]],
];

/**
 * The text of a file in pieces. JSON gives one line per value, HTML what can be read, all else
 * itself. The pieces before a broken one are given out before the error is thrown.
 * @throws saying why the bytes are no text: empty, binary, not UTF-8, not JSON
 */
export function* readText(name: string, bytes: Buffer): Generator<string, void> {
  if (bytes.length === 0) throw new Error('The file is empty.');
  refuseBinary(name, bytes);
  const kind = extname(name).toLowerCase();
  if (kind === '.json') yield jsonText([...decoded(bytes)].join(''));
  else if (kind === '.html' || kind === '.htm') yield htmlText([...decoded(bytes)].join(''));
  else yield* decoded(bytes);
}

function refuseBinary(name: string, bytes: Buffer): void {
  const claim = extname(name) ? `, although its name ends in ${extname(name)}` : '';
  for (const [what, signature] of SIGNATURES)
    if (bytes.subarray(0, signature.length).equals(Buffer.from(signature)))
      throw new Error(`The file is ${what}${claim}.`);
  if (bytes.includes(0)) throw new Error(`The file is binary${claim}: it holds zero bytes.`);
}

function* decoded(bytes: Buffer): Generator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const to = Math.min(from + PIECE_BYTES, bytes.length);
    let piece: string;
    try {
      piece = decoder.decode(bytes.subarray(from, to), { stream: to < bytes.length });
    } catch {
      throw new Error(`The text is not UTF-8: bytes ${from} to ${to} hold something else.`);
    }
    yield piece;
  }
}

function jsonText(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('The file is named .json, but what is in it is not JSON.');
  }
  try {
    return [...leaves(value, '')].join('\n');
  } catch (error) {
    if (error instanceof RangeError) throw new Error('The JSON is nested too deeply.');
    throw error;
  }
}

/** One line per value that is not a list or an object, with the names that lead to it. */
function* leaves(value: unknown, path: string): Generator<string, void> {
  if (typeof value !== 'object' || value === null) {
    yield path ? `${path}: ${value}` : String(value);
    return;
  }
  const named = Array.isArray(value) ? value.map((item) => ['', item]) : Object.entries(value);
  for (const [name, item] of named)
    yield* leaves(item, path && name ? `${path} ${name}` : path || name);
}

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: ' ',
  '#39': "'",
};

function htmlText(html: string): string {
  return html
    .replace(/<(script|style)\b[^<>]*>[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<\/(p|h[1-6]|li|tr|div|section)>/gi, '\n\n')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (_entity, name: string) => ENTITIES[name] ?? '')
    .replace(/[ \t]+/g, ' ');
}
