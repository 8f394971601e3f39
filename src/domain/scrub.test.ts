import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrubbed, scrubbedJson } from './scrub.ts';

const SECRET = fc.stringMatching(/^Zq[A-Za-z0-9]{20,40}Z$/);

/** Places a producer's error shows a secret in. */
const PLACES: ((secret: string) => string)[] = [
  (s) => `GET https://bucket.s3.amazonaws.com/a/b.pdf?X-Amz-Signature=${s}&X-Amz-Expires=60 failed`,
  (s) => `redirected to "https://cdn.example.com/x#access_token=${s}"`,
  (s) => `postgres://app:${s}@db.internal:5432/app refused`,
  (s) => `Authorization: Bearer ${s}`,
  (s) => `{"Authorization": "Basic ${s}"}`,
  (s) => `password=${s}; host=db`,
  (s) => `AWS_SECRET_ACCESS_KEY = '${s} and more'`,
  (s) => `{"openai_api_key":"${s}","model":"x"}`,
  (s) => `-----BEGIN PRIVATE KEY-----\n${s}\n-----END PRIVATE KEY-----`,
  (s) => `eyJhbGciOiJIUzI1NiJ9.${s}.sig`,
  (s) => `AKIA${s.toUpperCase().replace(/[^A-Z0-9]/g, 'X')}`,
  (s) => `sk-${s}`,
  (s) => `Authorization: Token ${s}`,
  (s) => `"authorization":"ApiKey ${s}"`,
  (s) => `Cookie: theme=dark; session=${s}; path=/`,
  (s) => JSON.stringify({ body: JSON.stringify({ password: s, user: 'app' }) }),
  (s) => JSON.stringify({ log: JSON.stringify({ body: JSON.stringify({ token: s }) }) }),
  (s) => `"client_secret": "quoted \\"${s}\\""`,
  (s) => `{'password': b'${s}'}`,
  (s) => `{:password=>"${s}", :host=>"db"}`,
  (s) => `password := ${s}`,
  (s) => `DB_PASS=${s} SECRET_KEY=${s}`,
  (s) => `AccountName=a;AccountKey=${s}==;EndpointSuffix=x`,
  (s) => `token: "${s} and what was cut off`,
  (s) =>
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0\n\n${s}\n-----END RSA PRIVATE KEY-----`,
  (s) => `SG.${s}.${s}`,
  (s) => `github_pat_${s}`,
  (s) => `GET https://cms.example/by-user/1/1/${s}%40example.com answered 404`,
  (s) => `user ${s}@example.com (and <${s}@mail.example>)`,
];

/** Milliseconds of this process, whatever others do meanwhile; the least of a few tries. */
function cost(text: string): number {
  const tries = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    scrubbed(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...tries);
}

describe('a text', () => {
  it('loses the secret wherever it stands, and nothing more when scrubbed again', () => {
    const place = fc.constantFrom(...PLACES);
    fc.assert(
      fc.property(SECRET, fc.array(place, { minLength: 1, maxLength: 5 }), (secret, places) => {
        const text = scrubbed(places.map((write) => write(secret)).join('\n  at parse\n'));
        expect(text.toUpperCase()).not.toContain(secret.toUpperCase());
        expect(scrubbed(text)).toBe(text);
      }),
    );
  });

  it.each([
    'TypeError: Cannot read properties of undefined (reading "token")',
    'GET https://example.com/a/b.pdf answered 404',
    '    at parse (/app/src/parse.ts:12:7)',
    'ClientError: An error occurred (AccessDenied) when calling the PutObject operation',
    'the vector has 768 dimensions, expected 1536',
    'SyntaxError: Unexpected token } in JSON at position 5; first pass: 3 pages',
    'Authorization failed because the token expired',
    'done: 100%, 40 pages',
  ])('that holds none is left as it is: %s', (text) => {
    expect(scrubbed(text)).toBe(text);
  });

  it('keeps what says what happened', () => {
    expect(scrubbed('PUT https://b.s3.amazonaws.com/k.pdf?X-Amz-Signature=abc: 403')).toBe(
      'PUT https://b.s3.amazonaws.com/k.pdf?[removed] 403',
    );
    expect(scrubbed('mail to ada@example.com failed')).toBe('mail to [address] failed');
  });

  it('is scrubbed in linear time, whatever it is', { timeout: 60_000 }, () => {
    const nasty = fc.constantFrom(
      'a',
      '@',
      ':',
      '/',
      '=',
      '-',
      '"',
      'token',
      '\\"',
      'cookie: ',
      'a=b; ',
      '%40',
      'eyJ',
      '://',
      ' ',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = (length: number) => parts.join('').repeat(length / parts.join('').length);
        // Four times the text takes four times as long; sixteen times it would be if the square counted.
        expect(cost(text(65_536))).toBeLessThan(10 * cost(text(16_384)) + 50);
      }),
      { numRuns: 60 },
    );
  });

  it('is scrubbed in no time where it is a whole file in base64', { timeout: 60_000 }, () => {
    expect(cost('aB3dE5gH'.repeat(500_000))).toBeLessThan(1500);
  });
});

describe('details', () => {
  it('lose the values of fields named like a secret, and secrets in any string', () => {
    fc.assert(
      fc.property(SECRET, fc.constantFrom(...PLACES), (secret, write) => {
        const details = {
          db_password: secret,
          nested: [{ 'Set-Cookie': [secret] }, { note: write(secret) }],
          api_key: { value: secret },
          token_count: null,
        };
        expect(JSON.stringify(scrubbedJson(details)).toUpperCase()).not.toContain(
          secret.toUpperCase(),
        );
      }),
    );
  });

  it('keep everything else', () => {
    const plain = { code: 'ENOENT', errno: -2, path: '/a/b', list: [1, null, true] };
    expect(scrubbedJson(plain)).toEqual(plain);
    const answers = { has_password: true, token: null };
    expect(scrubbedJson(answers)).toEqual(answers);
  });
});
