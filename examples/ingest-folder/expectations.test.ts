import { expect, test } from 'vitest';
import { type Evidence, judge } from './expectations.ts';
import { describeFailure, type Step } from './failure.ts';
import type { IngestedFile } from './ingest-file.ts';
import type { StoredFile } from './read-back.ts';

const file = (name: string, written: IngestedFile['written'], failed?: Step): IngestedFile => ({
  name,
  documentId: name,
  storageKey: `companies/1/bots/1/${name}`,
  seconds: 1,
  bytes: 7,
  events: 5,
  failure: failed ? describeFailure(failed, new Error('no')) : null,
  written,
});
const all = { record: true, object: true, chunks: 2 };
const gone: StoredFile = { object: null, chunks: 0, record: false, reportedIn: null };
const kept: StoredFile = { object: 7, chunks: 2, record: true, reportedIn: 'b' };
const task = (id: string) => ({
  file_document_id: id,
  failure_category: 'x',
  status: 'completed',
  error_during_correction: null,
});

/** A run in which all went well: one good file, one that failed early, one that failed late. */
function goodRun(): Evidence {
  return {
    files: [file('good', all), file('early', all, 'read'), file('late', all, 'store')],
    stored: [kept, gone, { ...kept, chunks: 0 }],
    audit: {
      accepted: 15,
      reported: 15,
      suppressed: 0,
      unknown: 0,
      failed: 0,
      pending: 0,
      dead_lettered: 0,
      unaccounted: 0,
    },
    batches: [
      {
        batch_id: 'b',
        status: 'partially_completed',
        closed_by: 'threshold',
        total_files: 3,
        successful_files: 1,
        failed_files: 2,
        cms_written_back_at: '2026-01-01T00:00:00Z',
      },
    ],
    emails: [
      {
        batch_id: 'b',
        email_type: 'batch_completion',
        send_status: 'sent',
        message_id: '<1@x>',
        email_subject: 's',
        recipient_email: 'ada@example.com',
      },
    ],
    corrections: [task('early'), task('late')],
    arrived: ['<1@x>'],
  };
}

const missed = (change: Partial<Evidence>) =>
  judge({ ...goodRun(), ...change }).flatMap(({ name, held }) => (held ? [] : [name]));

test('a run in which all went well meets every expectation', () => {
  expect(missed({})).toEqual([]);
});

test.each<[string, Partial<Evidence>, string]>([
  ['an event is lost', { audit: { ...goodRun().audit, accepted: 14 } }, 'accepted once'],
  ['an event is unaccounted for', { audit: { ...goodRun().audit, unaccounted: 1 } }, 'accounted'],
  ['no batch was made', { batches: [], emails: [] }, 'stands in one batch'],
  ['the mail came twice', { arrived: ['<1@x>', '<1@x>'] }, 'one mail'],
  ['the mail never arrived', { arrived: [] }, 'one mail'],
  ['a correction is missing', { corrections: [task('late')] }, 'was corrected'],
  [
    'a leftover is left',
    { stored: [kept, { ...gone, chunks: 1 }, { ...kept, chunks: 0 }] },
    'gone',
  ],
  ['too much was removed', { stored: [kept, gone, gone] }, 'must not touch'],
  ['a good file lost a chunk', { stored: [{ ...kept, chunks: 1 }, gone, gone] }, 'is complete'],
  [
    'the CMS was not told',
    { stored: [{ ...kept, reportedIn: null }, gone, gone] },
    'The CMS knows',
  ],
])('when %s, an expectation does not hold', (_what, change, name) => {
  expect(missed(change).join()).toContain(name);
});
