/**
 * Takes out of a producer's error what nobody may read in our tables: secrets, keys, e-mail addresses
 * and what gives signed links their power. What is left still says what happened.
 */

const REMOVED = '[removed]';

/** Field names whose value is a secret, also as part of a longer name such as `db_password`. */
const SECRET_NAME =
  /pass(?:word|wd|phrase)|\bpwd\b|(?:^|[-_])pass$|secret|token|credential|api[-_]?key|access[-_]?key|account[-_]?key|private[-_]?key|authorization|cookie|signature|session[-_]?id/i;

/** What such names end with in a text. `pass` is also a word. */
const NAMED = `(?:password|passwd|passphrase|pwd|(?<![a-z])pass(?=["']?=)|secret(?:[-_]?key)?|token|credentials?|api[-_]?key|access[-_]?key(?:[-_]?id)?|account[-_]?key|private[-_]?key|authorization|cookie|signature|session[-_]?id)`;
/** What leads from a name to its value; where JSON stands in JSON, its quotes are escaped. */
const LEADS = String.raw`\\{0,7}["']?\s{0,3}(?:=>|:=|={1,3}(?![=>])|:(?!=))\s{0,3}`;
/** A value: what is in quotes, which a text that was cut off does not end, or a word. */
const VALUE = String.raw`\\{1,7}"[^"\\\n]*(?:\\{1,7}"?)?|[bru]?"(?:[^"\\\n]|\\.)*"?|[bru]?'(?:[^'\\\n]|\\.)*'?|(?:[^\s"',;&)}\]\\]|\\(?!["']))+`;
/** One pair of a `Cookie` header. */
const PAIR = String.raw`[\w.!#$%*+-]{1,128}=[^\s;"',]{0,4096}`;

/** In this order: a whole key block before its lines, a link before what stands in it. */
const PATTERNS: [RegExp, string][] = [
  [
    /-----BEGIN [A-Z ]{1,40}-----(?:[^-]|-(?!----)){0,20000}(?:-----END [A-Z ]{1,40}-----)?/g,
    REMOVED,
  ],
  // Links keep scheme, host and path; user, password and query, where signatures stand, go.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]{1,512}@/gi, `$1${REMOVED}@`],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s?#"'<>]{1,2000})[?#][^\s"'<>]+/gi, `$1?${REMOVED}`],
  [/\b(Bearer|Basic|Digest|Negotiate|AWS4-HMAC-SHA256)\s+[^\s"',;]{4,}/gi, `$1 ${REMOVED}`],
  [/\beyJ[\w-]{6,512}\.[\w-]{4,}(?:\.[\w-]*)?/g, REMOVED],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, REMOVED],
  [/\b(?:sk|pk|rk|whsec|gh[opsu]|github_pat|glpat|xox[abeprs])[-_][\w-]{12,}/g, REMOVED],
  [/\b(?:AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,})/g, REMOVED],
  // Any other scheme, with what follows it.
  [
    new RegExp(
      String.raw`(\bauthorization${LEADS}\\{0,7}["']?)[a-z][\w-]{0,30} {1,3}(?!\[removed\])[^\s"',;=&)}\]\\]{4,}(?![="'])`,
      'gi',
    ),
    `$1${REMOVED}`,
  ],
  [
    new RegExp(String.raw`(\bcookie${LEADS}\\{0,7}["']?)${PAIR}(?:; ?${PAIR}){0,100}`, 'gi'),
    `$1${REMOVED}`,
  ],
  [new RegExp(String.raw`(${NAMED}${LEADS})(?!\[removed\])(?:${VALUE})`, 'gi'), `$1${REMOVED}`],
  // From the beginning of a word alone: from each of its letters, a file in base64 takes seconds.
  [/(?<![^\s<>@"'()[\]{},;:=])[^\s<>@"'()[\]{},;:=]+@[^\s<>@"'()[\]{},;:=]+/g, '[address]'],
  // As it stands in the path of a link.
  [
    /(?<![^\s<>@"'()[\]{},;:=/])[^\s<>@"'()[\]{},;:=/]+%(?:25){0,3}40[^\s<>@"'()[\]{},;:=/]+/g,
    '[address]',
  ],
];

/** A text without secrets, addresses and signed links. Scrubbing twice changes nothing more. */
export function scrubbed(text: string): string {
  return PATTERNS.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text);
}

/** The same for any JSON: every string in it, keys included, and the values of fields named like a secret. */
export function scrubbedJson(value: unknown): unknown {
  if (typeof value === 'string') return scrubbed(value);
  if (Array.isArray(value)) return value.map(scrubbedJson);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      scrubbed(key),
      SECRET_NAME.test(key) && item !== null && typeof item !== 'boolean'
        ? REMOVED
        : scrubbedJson(item),
    ]),
  );
}
