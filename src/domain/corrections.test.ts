import { describe, expect, it } from 'vitest';
import { categorize, correctionActions } from './corrections.ts';

it.each([
  ['file_not_found', ['cms_delete']],
  ['s3_error', ['cms_delete', 's3_delete']],
  ['processing_error', ['chroma_delete', 'cms_delete', 's3_delete']],
  ['storage_error', ['chroma_delete']],
  ['something else', ['chroma_delete', 'cms_delete', 's3_delete']],
  ['toString', ['chroma_delete', 'cms_delete', 's3_delete']],
])('answers %s with %j', (category, actions) => {
  expect([...correctionActions(category)].sort()).toEqual(actions);
});

describe('a category', () => {
  it('is the producer’s own, known or not', () => {
    expect(categorize({ category: 'quota', message: 'S3 bucket' })).toBe('quota');
  });
  it.each([
    ['ENOENT: no such file or directory', 'file_not_found'],
    ['File not found in S3', 'file_not_found'],
    ['AccessDenied on bucket documents', 's3_error'],
    ['Chroma collection upsert failed', 'storage_error'],
    ['the vector has 768 dimensions', 'storage_error'],
    ['the parser gave up', 'processing_error'],
    ['ps3 emulator crashed', 'processing_error'],
  ])('follows from “%s”', (message, category) => {
    expect(categorize({ message })).toBe(category);
  });
});
