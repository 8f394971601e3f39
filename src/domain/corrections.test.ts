import { expect, it } from 'vitest';
import { correctionActions } from './corrections.ts';

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
