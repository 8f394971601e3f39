/** Stored reasons and responses are no longer than this many characters. */
const MAX_LENGTH = 500;

/** Servers may answer a megabyte; this much is looked at, which is enough to fill what is kept. */
const LOOKED_AT = 4000;

/** Bounces hold thousands of texts, by anybody: each place is looked at from one side alone. */
const ADDRESS =
  /<[^<>@]*@[^<>]*>|"[^"]*"@[^\s<>",;()]+|(?<![^\s<>"@,;:()])[^\s<>"@,;:()]+@[^\s<>"@,;:()]+/g;
/** How much of a text may be half an address, where it was cut. */
const CUT_WORD = 512;

/**
 * A server's answer, fit to be stored and shown: every e-mail address is masked, the text is on one
 * line, without control characters, NUL above all, which Postgres refuses, and has at most 500 characters.
 */
export function redact(text: string): string {
  const start = text.slice(0, LOOKED_AT);
  // A word cut in two might be half an address, which no pattern recognises.
  const whole = text.length > LOOKED_AT ? withoutLastWord(start) : start;
  const masked = whole
    .replace(ADDRESS, '<address>')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return masked.length > MAX_LENGTH ? `${masked.slice(0, MAX_LENGTH - 1)}…` : masked;
}

function withoutLastWord(text: string): string {
  return text.slice(0, -CUT_WORD) + text.slice(-CUT_WORD).replace(/\S+$/, '');
}
