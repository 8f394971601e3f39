import { type FileEvent, intakeAnswer } from '../../src/contracts/file-events.ts';
import { request, type Service } from './request.ts';

/** Telling Tidings what happens to one file. */

type Told = Exclude<FileEvent, { action: 'delete' }>;

/** What is the same in every event of a file. */
export type FileFacts = Pick<
  Told,
  'file_document_id' | 'file_name' | 'storage_key' | 'company_id' | 'bot_id' | 'user_email'
>;

/** What an event says beyond the facts. `create` opens the story, `end` is its last event. */
export type Happening = Pick<Told, 'processing_stage' | 'status'> &
  Partial<
    Pick<Told, 'error' | 'processing_time_seconds' | 'chunks_created' | 'file_size_bytes'>
  > & {
    what: 'create' | 'download' | 'processing' | 'storage' | 'end';
  };

export interface EventTeller {
  /** Settles once the event is durable; throws `ServiceError` when Tidings cannot be reached at all. */
  tell(happening: Happening): Promise<void>;
  /** How many events were told. */
  told(): number;
}

/**
 * A teller for one file. The id of an event follows from the file and what happened, so that telling
 * it twice is harmless, and no event is as old as the one before.
 */
export function eventTeller(tidings: Service, facts: FileFacts): EventTeller {
  let last = 0;
  let count = 0;
  return {
    async tell({ what, ...happening }) {
      last = Math.max(Date.now(), last + 1);
      const body: Told = {
        event_id: `${facts.file_document_id}-${what}`,
        action: what === 'create' ? 'create' : 'update',
        ...facts,
        ...happening,
        occurred_at: new Date(last).toISOString(),
      };
      await request(tidings, {
        method: 'POST',
        path: '/api/file-events',
        body,
        answer: intakeAnswer,
      });
      count += 1;
    },
    told: () => count,
  };
}
