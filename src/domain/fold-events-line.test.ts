import { describe, expect, it } from 'vitest';
import { close, LINE, NOTHING, OWNER, write } from '../../test/support/file-books.ts';
import { fileEvent } from '../contracts/file-events.ts';
import { foldEvents, type InboxEvent } from './fold-events.ts';

describe('what a line says', () => {
  const at = (occurredAt: number, more: object): InboxEvent => ({
    id: occurredAt,
    occurredAt,
    payload: fileEvent.parse({ ...OWNER, action: 'update', file_name: 'a.pdf', ...more }),
  });
  const ready = { processing_stage: 'completed', status: 'success' };
  const running = { processing_stage: 'storage', status: 'processing' };
  const broken = { processing_stage: 'failed', status: 'failed' };
  const gone = (occurredAt: number, more: object = {}): InboxEvent => ({
    id: occurredAt,
    occurredAt,
    payload: fileEvent.parse({ ...OWNER, action: 'delete', ...more }),
  });

  it('keeps what earlier events said of the file', () => {
    const { line, storageKey, fileEventId } = foldEvents(null, [
      at(1, { processing_stage: 'download', status: 'pending', storage_key: 'k' }),
      at(2, { ...running, chunks_created: 4, file_size_bytes: 5, file_event_id: 9 }),
      at(3, { ...running, processing_time_seconds: 6 }),
      at(4, { ...ready, file_name: 'b.pdf' }),
    ]);
    expect({ storageKey, fileEventId }).toEqual({ storageKey: 'k', fileEventId: 9 });
    expect(line).toEqual({
      fileName: 'b.pdf',
      fileSizeBytes: 5,
      status: 'success',
      stage: 'completed',
      startedAt: 1,
      endedAt: 4,
      processingSeconds: 6,
      chunks: 4,
      storageKey: 'k',
      errorMessage: null,
      errorCategory: null,
    });
  });

  it('names no end and no reason while the file is not finished', () => {
    const { line, failures } = foldEvents(null, [
      at(1, { ...running, error: { message: 'tried again' } }),
    ]);
    expect(line).toMatchObject({ endedAt: null, errorMessage: null, errorCategory: null });
    expect(line).toMatchObject({ fileSizeBytes: null, processingSeconds: null, chunks: null });
    expect(failures).toEqual([]);
  });

  it('begins anew with a new generation, but for the key of the object', () => {
    const told = { chunks_created: 4, file_size_bytes: 5, processing_time_seconds: 6 };
    const { line, state } = foldEvents(null, [
      at(1, { ...ready, ...told, storage_key: 'k' }),
      at(2, running),
    ]);
    expect(state.generation).toBe(2);
    expect(line).toMatchObject({ startedAt: 2, chunks: null, fileSizeBytes: null });
    expect(line).toMatchObject({ processingSeconds: null, storageKey: 'k' });
  });

  it('of a file that was reported stays as it is when an older event comes late', () => {
    const reported = close(write(NOTHING, [at(5, ready)])).known;
    const change = foldEvents(reported, [at(2, running)]);
    expect(change).toMatchObject({ line: null, lineGain: 0, deletedGain: 0, cancelsBelow: 0 });
    expect(change.events).toEqual([
      { eventId: 2, outcome: 'superseded', in: 'closed', lineId: LINE },
    ]);
  });

  it('late events tell where the object is, unless the file was deleted since', () => {
    const late = at(1, { ...running, storage_key: 'late' });
    expect(foldEvents(null, [late, at(2, ready)]).storageKey).toBe('late');
    const keyAfter = (event: InboxEvent) =>
      foldEvents(write(NOTHING, [event]).known, [late]).storageKey;
    expect(keyAfter(at(2, ready))).toBe('late');
    expect(keyAfter(at(2, { ...ready, storage_key: 'newer' }))).toBe('newer');
    expect(keyAfter(gone(2))).toBe(null);
  });

  it('failures carry what their events say, without secrets', () => {
    const secret = 'password=hunter2';
    const error = {
      message: secret,
      details: { why: secret },
      stack: secret,
      category: 's3_error',
    };
    const { failures, corrects, line } = foldEvents(null, [
      at(1, { ...broken, error, file_event_id: 9 }),
      at(2, { ...broken, error: { message: 'm' } }),
    ]);
    const hidden = 'password=[removed]';
    expect(failures).toEqual([
      {
        eventId: 1,
        generation: 1,
        stage: 'failed',
        category: 's3_error',
        error: { message: hidden, details: { why: hidden }, stack: hidden, category: 's3_error' },
        fileEventId: 9,
      },
      {
        eventId: 2,
        generation: 2,
        stage: 'failed',
        category: 'processing_error',
        error: { message: 'm' },
        fileEventId: null,
      },
    ]);
    expect(corrects).toBe(failures[1]);
    expect(line).toMatchObject({ errorMessage: 'm', errorCategory: 'processing_error' });
  });

  it('corrections are called off by a new generation and by a delete, not by going on', () => {
    const begun = write(NOTHING, [at(1, running)]).known;
    expect(foldEvents(null, [at(1, running)]).cancelsBelow).toBe(0);
    expect(foldEvents(begun, [at(2, ready)]).cancelsBelow).toBe(0);
    const failed = write(NOTHING, [at(1, { ...broken, error: { message: 'm' } })]).known;
    expect(foldEvents(failed, [at(2, running)]).cancelsBelow).toBe(2);
    const last = foldEvents(failed, [gone(2, broken)]);
    expect(last).toMatchObject({ cancelsBelow: 2, corrects: null, line: null });
  });
});
