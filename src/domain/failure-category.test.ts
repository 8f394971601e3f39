import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { categorize } from './failure-category.ts';

const known = ['file_not_found', 's3_error', 'processing_error', 'storage_error'];
/** Words of every category, in any order: whatever has a code must not listen to them. */
const words = fc
  .shuffledSubarray(['file not found', 'S3 bucket', 'Chroma vector', 'the parser gave up'])
  .map((some) => some.join(', ') || 'it failed');

it('is the producer’s own, known or not', () => {
  const details = { code: 'ENOENT' };
  expect(categorize({ category: 'quota', message: 'S3 bucket', details })).toBe('quota');
});

describe('a code or an exception decides, whatever the words', () => {
  it.each([
    [{ details: { code: 'ENOENT' } }, 'file_not_found'],
    [{ details: { code: 'NoSuchKey', status: 404 } }, 'file_not_found'],
    [{ details: { Error: { Code: 'NoSuchBucket' } } }, 's3_error'],
    [{ details: { response: { Error: { Code: 'AccessDenied' } } } }, 's3_error'],
    [{ details: { name: 'NotFound', $metadata: { httpStatusCode: 404 } } }, 'file_not_found'],
    [{ details: { type: 'botocore.exceptions.ClientError' } }, 's3_error'],
    [{ details: { type: 'chromadb.errors.InvalidDimensionException' } }, 'storage_error'],
    [{ details: { exception: 'pypdf.errors.PdfReadError' } }, 'processing_error'],
    [{ details: { cause: { cause: { code: 'SlowDown' } } } }, 's3_error'],
    [{ details: { status: 404 } }, 'file_not_found'],
    [{ details: { statusCode: '410' } }, 'file_not_found'],
    [{ details: { service: 's3', status: 404 } }, 'file_not_found'],
    [{ details: { service: 'Chroma', status: 404 } }, 'storage_error'],
    [{ details: { service: 's3', status: 503 } }, 's3_error'],
    [{ stack: 'ChromaConnectionError: refused\n    at put (x.js:1:2)' }, 'storage_error'],
    [
      { stack: 'Traceback (most recent call last):\n  File "a.py"\nFileNotFoundError: [Errno 2]' },
      'file_not_found',
    ],
    [{ stack: 'java.lang.NullPointerException\n\tat a.b.C(C.java:1)' }, 'processing_error'],
  ])('%j is %s', (evidence, category) => {
    fc.assert(
      fc.property(words, (message) => {
        expect(categorize({ message, ...evidence })).toBe(category);
      }),
      { numRuns: 20 },
    );
  });

  it('a code beats an exception’s name, and the outer one the inner one', () => {
    const message = 'x';
    const details = { name: 'ClientError', code: 'NoSuchKey', cause: { code: 'SlowDown' } };
    expect(categorize({ message, details })).toBe('file_not_found');
    expect(categorize({ message, details, stack: 'ChromaError: x' })).toBe('file_not_found');
  });

  it.each([
    ['ENOENT: no such file or directory, open bucket.pdf', 'file_not_found'],
    ['An error occurred (SlowDown) when calling the PutObject operation', 's3_error'],
    ['pypdf.errors.PdfReadError: the vector graphics in my S3 bucket', 'processing_error'],
  ])('also at the head of the message: %s', (message, category) => {
    expect(categorize({ message })).toBe(category);
  });
});

describe('words come last', () => {
  it.each([
    ['File not found in S3', 'file_not_found'],
    ['could not write to bucket documents', 's3_error'],
    ['Chroma collection upsert failed', 'storage_error'],
    ['the vector has 768 dimensions', 'storage_error'],
    ['the parser gave up', 'processing_error'],
    ['ps3 emulator crashed', 'processing_error'],
  ])('%s: %s', (message, category) => {
    expect(categorize({ message })).toBe(category);
    const unknown = { code: 'E_WHATEVER', type: 'constructor', status: 500 };
    expect(categorize({ message, details: unknown })).toBe(category);
  });
});

it('any details, of any shape, give a category of ours and never break', () => {
  const key = fc.constantFrom(
    'code',
    'type',
    'error',
    'cause',
    'status',
    '__proto__',
    'service',
    'x',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.dictionary(key, fc.oneof(fc.anything(), tie('tree')), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(tree as fc.Arbitrary<Record<string, unknown>>, fc.string(), (details, stack) => {
      expect(known).toContain(categorize({ message: 'x', details, stack }));
    }),
  );
});
