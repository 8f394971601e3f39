/** Stored reasons and responses are no longer than this many characters. */
const MAX_LENGTH = 500;

/** Servers may answer a megabyte; this much is looked at, which is enough to fill what is kept. */
const LOOKED_AT = 4000;

const ADDRESS = /<[^<>]*@[^<>]*>|"[^"]*"@[^\s<>",;()]+|[^\s<>"@,;:()]+@[^\s<>"@,;:()]+/g;

/**
 * A server's answer, fit to be stored and shown: every e-mail address is masked, the text is on one
 * line, without control characters, NUL above all, which Postgres refuses, and has at most 500 characters.
 */
export function redact(text: string): string {
  const start = text.slice(0, LOOKED_AT);
  // A word cut in two might be half an address, which no pattern recognises.
  const whole = text.length > LOOKED_AT ? start.replace(/\S{0,512}$/, '') : start;
  const masked = whole
    .replace(ADDRESS, '<address>')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return masked.length > MAX_LENGTH ? `${masked.slice(0, MAX_LENGTH - 1)}…` : masked;
}
