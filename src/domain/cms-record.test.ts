import { expect, it } from 'vitest';
import { recordObjection } from './cms-record.ts';

const failed = { generation: 2, storage_keys: ['a/b.pdf', 'a/d.pdf'] };
const record = (more: object) => ({ documentId: 'd', ...more });

it.each([
  [{}, null],
  [{ storage_key: 'a/b.pdf' }, null],
  [{ storage_key: 'a/d.pdf' }, null],
  [{ storage_key: null, processing_metadata: { status: 'failed', generation: 2 } }, null],
  [{ processing_metadata: { status: 'success', generation: 1 } }, null],
  [{ storage_key: 'a/c.pdf' }, 'the CMS record names another object'],
  [{ processing_metadata: { generation: 3 } }, 'the CMS record is of a newer generation'],
  [{ processing_metadata: { status: 'success' } }, 'the CMS record says that it succeeded'],
  [
    { processing_metadata: { status: 'success', generation: 2 } },
    'the CMS record says that it succeeded',
  ],
])('%j objects: %s', (more, expected) => {
  expect(recordObjection(failed, record(more))).toBe(expected);
});

it('takes what lies below a key that ends in a slash for the same', () => {
  const folder = { generation: 1, storage_keys: ['a/'] };
  expect(recordObjection(folder, record({ storage_key: 'a/b.pdf' }))).toBeNull();
  expect(recordObjection(folder, record({ storage_key: 'ab.pdf' }))).not.toBeNull();
});
