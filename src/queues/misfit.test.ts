import { expect, test } from 'vitest';
import { misfit } from './misfit.ts';
import { type QueueName, queues } from './registry.ts';

const event = {
  action: 'create',
  file_document_id: 'd1',
  file_name: 'Ada Lovelace.pdf',
  company_id: 1,
  bot_id: 1,
  user_email: 'ada@example.com',
  processing_stage: 'completed',
  status: 'success',
};

function of(data: unknown, queue: QueueName = 'file-events'): string {
  const { error } = queues[queue].payload.safeParse(data);
  if (!error) throw new Error('it fits');
  return misfit(error, data);
}

test.each([
  ['a wrong type', { company_id: '7' }, 'events.0.company_id: expected number, received string'],
  [
    'a wrong choice',
    { status: 'Ada' },
    'events.0.status: expected one of "pending"|"processing"|"success"|"failed"',
  ],
  [
    'a wrong action',
    { action: 'ada@example.com' },
    'events.0.action: must be create, update or delete',
  ],
  ['an unknown field', { colour: 'Ada' }, 'events.0.colour: is not a known field'],
  [
    'data in place of a field',
    { 'Ada Lovelace': 1 },
    'events.0.one of its fields: is not a known field',
  ],
  ['a wrong address', { user_email: 'Ada' }, 'events.0.user_email: Invalid email address'],
  [
    'several mistakes',
    { company_id: 0, bot_id: 'Ada' },
    'events.0.company_id: Too small: expected number to be >=1 (and 1 more)',
  ],
])('%s in an event is told in one line, without its value', (_, change, line) => {
  expect(of({ events: [{ ...event, ...change }] })).toBe(line);
});

test.each([
  [{}, 'events: expected array, received undefined'],
  [{ events: [] }, 'events: Too small: expected array to have >=1 items'],
  [{ chunk_id: 'x' }, 'chunk_id: Invalid UUID'],
  [{ events: 'Ada', chunk_id: 5 }, 'events: expected array, received string'],
  [null, 'payload: expected object, received null'],
  ['Ada', 'payload: expected object, received string'],
])('%j is taken for the form it was meant to have', (data, line) => {
  expect(of(data)).toBe(line);
});

test('so is the payload of any other queue', () => {
  expect(of({ email_id: 'x' }, 'email-send')).toBe('email_id: expected number, received string');
});
