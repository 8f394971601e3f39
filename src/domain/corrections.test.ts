import { expect, it } from 'vitest';
import { correctionActions, knownCategory } from './corrections.ts';

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

it('labels a category that is not ours as other', () => {
  expect(['s3_error', 'quota', 'toString'].map(knownCategory)).toEqual([
    's3_error',
    'other',
    'other',
  ]);
});
