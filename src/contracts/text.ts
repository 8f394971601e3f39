import { z } from 'zod';

/**
 * Building blocks of every shape that crosses the border of the system. Each text has a limit, so that
 * no request can make a row, or an entry of an index, as large as it likes.
 */

const NUL_OR_LONE_SURROGATE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is exactly what has to be found
  /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Postgres can store neither NUL nor half a surrogate pair: both become U+FFFD in free text. */
export function storable(value: string): string {
  if (value.isWellFormed() && !value.includes('\0')) return value;
  return value.replace(NUL_OR_LONE_SURROGATE, '\ufffd');
}

/** `storable` for every string, key and value, inside any JSON value. */
export function storableJson(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(storableJson);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [storable(key), storableJson(item)]),
  );
}

/**
 * Option of a rule that is asked only of what kept to the rules before it, so that one fault is named
 * once. Not `abort`: with that the rules of the object around it would be skipped too.
 */
export const isFlawless = ({ issues }: { issues: unknown[] }): boolean => issues.length === 0;

/** Nobody nests details deeper, and neither Postgres nor a recursive reader follows without end. */
export const MAX_JSON_DEPTH = 64;

function isShallow(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_JSON_DEPTH) return false;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return true;
}

/** A JSON object of any content that can be stored: bounded depth, unstorable characters replaced. */
export const jsonObject = z
  .record(z.string(), z.unknown())
  .refine(isShallow, {
    error: `is nested more than ${MAX_JSON_DEPTH} levels deep`,
    abort: true,
  })
  .overwrite(storableJson as never);

/** Free text for people: unstorable characters are replaced, never a reason to refuse. */
export const freeText = (max: number) => z.string().max(max).overwrite(storable);

/** An identifier: non-empty, and refused rather than changed when it cannot be stored as it is. */
export const identifier = (max = 255) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => storable(value) === value, 'contains a character that cannot be stored');

/** Key of an object: S3 allows 1,024 bytes of UTF-8, and Postgres indexes what is no longer than that. */
const MAX_KEY_BYTES = 1024;
export const storageKey = identifier(MAX_KEY_BYTES).refine(
  (key) => Buffer.byteLength(key) <= MAX_KEY_BYTES,
  `is longer than the ${MAX_KEY_BYTES} bytes of an object's key`,
);

/** CMS numeric id: 1 to 2^31-1. */
export const numericId = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);

/** The same id in a path or query string. */
export const numericIdParam = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);

/** An e-mail address; case is ignored, so it is kept in lower case. */
export const emailAddress = z.email().max(255).toLowerCase();

/** The years 1 to 9999 in UTC: what ISO 8601 writes with four digits. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** ISO 8601 with an offset, as text; `new Date` reads it. */
export const timestamp = z.iso
  .datetime({ offset: true })
  .refine((at) => Date.parse(at) >= EARLIEST && Date.parse(at) <= LATEST, {
    error: 'is not a possible time',
    when: isFlawless,
  });
