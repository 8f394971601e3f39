import { describe, expect, it } from 'vitest';
import { fileEvent, fileEventList, MAX_EVENTS_PER_REQUEST } from './file-events.ts';

const ready = {
  action: 'create',
  file_document_id: 'd',
  file_name: 'a.pdf',
  company_id: 1,
  bot_id: 1,
  user_email: 'Ada@Example.com',
  processing_stage: 'completed',
  status: 'success',
};
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(ready).filter(([name]) => !names.includes(name)));
const pathsOf = (event: unknown) =>
  fileEvent.safeParse(event).error?.issues.map((issue) => issue.path.join('.')) ?? [];

describe('an event', () => {
  it('is taken with the address in lower case', () => {
    expect(fileEvent.parse(ready)).toEqual({ ...ready, user_email: 'ada@example.com' });
  });
  it.each(Object.keys(ready))('needs %s', (name) => {
    expect(pathsOf(without(name))).toContain(name);
  });
  it('that failed needs its error', () => {
    const failed = { ...ready, processing_stage: 'failed', status: 'failed' };
    expect(pathsOf(failed)).toEqual(['error']);
    expect(pathsOf({ ...failed, error: { message: 'no' } })).toEqual([]);
  });
  it.each([
    ['completed', 'processing'],
    ['completed', 'failed'],
    ['failed', 'success'],
    ['failed', 'pending'],
  ])('at the stage %s cannot be %s', (processing_stage, status) => {
    const error = { message: 'no' };
    expect(pathsOf({ ...ready, processing_stage, status, error })).toEqual(['status']);
  });
  it('of a delete needs the owner and the file alone', () => {
    const gone = { ...without('file_name', 'processing_stage', 'status'), action: 'delete' };
    expect(pathsOf(gone)).toEqual([]);
    for (const name of ['file_document_id', 'company_id', 'bot_id', 'user_email'])
      expect(pathsOf({ ...gone, [name]: undefined })).toEqual([name]);
  });
  it('may be a little ahead of our clock and not a day', () => {
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    expect(pathsOf({ ...ready, occurred_at: inHours(23) })).toEqual([]);
    expect(pathsOf({ ...ready, occurred_at: inHours(25) })).toEqual(['occurred_at']);
  });
});

it('events come by the thousand at most', () => {
  const events = Array.from({ length: MAX_EVENTS_PER_REQUEST }, () => ready);
  expect(fileEventList.safeParse({ events }).success).toBe(true);
  expect(fileEventList.safeParse({ events: [...events, ready] }).success).toBe(false);
});
