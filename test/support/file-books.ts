import { foldEvents, type InboxEvent, type KnownFile } from '../../src/domain/fold-events.ts';

/** The books of one file, as the statements that write a fold keep them. */

export const OWNER = {
  file_document_id: 'd',
  company_id: 1,
  bot_id: 1,
  user_email: 'a@example.com',
};
/** The id its line gets. */
export const LINE = 7;

/** What the tables hold after a change: the books of one file and the event counts of its lines. */
export interface Books {
  known: KnownFile | null;
  deleted: number;
  closed: number;
}

/** Writes a change as the statements do. `open` lines may be closed in between by `close`. */
export function write({ known, deleted, closed }: Books, list: InboxEvent[]): Books {
  const change = foldEvents(known, list);
  const kept = known?.line && !change.removesLine ? known.line : null;
  const before = kept?.open ? kept.eventCount : 0;
  const line = change.line
    ? { id: LINE, open: true, eventCount: before + change.lineGain, content: change.line }
    : change.state.deleted
      ? null
      : kept;
  return {
    known: { state: change.state, storageKey: change.storageKey, line },
    deleted: deleted + change.deletedGain,
    closed: closed + change.events.filter((standing) => standing.in === 'closed').length,
  };
}

export function close({ known, deleted, closed }: Books): Books {
  if (!known?.line?.open) return { known, deleted, closed };
  const line = { ...known.line, open: false };
  return { known: { ...known, line }, deleted, closed: closed + line.eventCount };
}

/** Nobody has heard of the file. */
export const NOTHING: Books = { known: null, deleted: 0, closed: 0 };
