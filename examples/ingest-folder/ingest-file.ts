import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { PreferenceOwner } from '../../src/contracts/preferences.ts';
import { chunkText, inPages } from './chunk-text.ts';
import type { Cms } from './cms.ts';
import { type EventTeller, eventTeller } from './event-teller.ts';
import { describeFailure, type Failure, STAGE_OF, type Step } from './failure.ts';
import { frontMatter } from './front-matter.ts';
import type { ListedFile } from './list-files.ts';
import { type ObjectStore, storageKey } from './object-store.ts';
import { readText } from './read-text.ts';
import { type Service, ServiceError } from './request.ts';
import type { VectorStore } from './vector-store.ts';

/** Everything a file goes through, and the only things the ingester knows of the world. */
export interface Ingestion {
  owner: PreferenceOwner;
  /** Sets the document ids of this run apart from those of any other. */
  run: string;
  tidings: Service;
  cms: Cms;
  objects: ObjectStore;
  vectors: VectorStore;
}

/** What became of one file, and what of it was written where. */
export interface IngestedFile {
  name: string;
  documentId: string;
  storageKey: string;
  seconds: number;
  bytes: number;
  /** Events that Tidings took. */
  events: number;
  failure: Failure | null;
  written: { record: boolean; object: boolean; chunks: number };
}

/** Larger files are refused: a file is held in memory while it is ingested. */
const MAX_BYTES = 20 * 1024 * 1024;
/** Chunks stored at a time. */
const PAGE = 10;

/**
 * Ingests one file and tells Tidings about every stage. A failure of the file is an answer, not an
 * exception.
 * @throws ServiceError when Tidings itself cannot be told
 */
export async function ingestFile(file: ListedFile, ingestion: Ingestion): Promise<IngestedFile> {
  const { owner, run, tidings } = ingestion;
  const documentId = createHash('sha256').update(`${run}/${file.name}`).digest('hex').slice(0, 24);
  const result: IngestedFile = {
    name: file.name.toWellFormed().slice(-1024).toWellFormed(),
    documentId,
    storageKey: storageKey(owner.company_id, owner.bot_id, documentId, file.name),
    seconds: 0,
    bytes: 0,
    events: 0,
    failure: null,
    written: { record: false, object: false, chunks: 0 },
  };
  const teller = eventTeller(tidings, {
    file_document_id: documentId,
    file_name: result.name,
    storage_key: result.storageKey,
    ...owner,
  });
  const began = performance.now();
  const failed = await runStages(file, ingestion, result, teller);
  result.seconds = (performance.now() - began) / 1000;
  result.failure = failed?.failure ?? null;
  await teller.tell({
    what: 'end',
    processing_stage: failed ? STAGE_OF[failed.step] : 'completed',
    status: failed ? 'failed' : 'success',
    error: failed?.failure,
    processing_time_seconds: Math.round(result.seconds * 1000) / 1000,
    chunks_created: result.written.chunks,
    file_size_bytes: result.bytes,
  });
  result.events = teller.told();
  return result;
}

/** @returns the step that failed and why, or null when all of them worked */
async function runStages(
  file: ListedFile,
  { owner, cms, objects, vectors }: Ingestion,
  result: IngestedFile,
  { tell }: EventTeller,
): Promise<{ step: Step; failure: Failure } | null> {
  const { documentId, name, storageKey, written } = result;
  let step: Step = 'register';
  try {
    await tell({ what: 'create', processing_stage: 'download', status: 'pending' });
    const { company_id: company, bot_id: bot } = owner;
    await cms.register({ documentId, name, storage_key: storageKey, company, bot });
    written.record = true;

    await tell({ what: 'download', processing_stage: 'download', status: 'processing' });
    step = 'open';
    const found = await stat(file.path);
    if (!found.isFile()) throw new Error('This is a link to a folder, or not a file at all.');
    result.bytes = found.size;
    step = 'read';
    if (found.size > MAX_BYTES) throw new Error('The file is too large: more than 20 MB.');
    step = 'open';
    const bytes = await readFile(file.path);
    result.bytes = bytes.length;
    step = 'upload';
    await objects.put(storageKey, bytes, frontMatter(bytes));
    written.object = true;

    await tell({ what: 'processing', processing_stage: 'processing', status: 'processing' });
    const pages = inPages(visibleChunks(name, bytes), PAGE);
    for (;;) {
      step = 'read';
      const page = pages.next();
      if (page.done) break;
      if (written.chunks === 0)
        await tell({ what: 'storage', processing_stage: 'storage', status: 'processing' });
      step = 'store';
      const ids = { documentId, fileName: name, companyId: company, botId: bot };
      const first = written.chunks;
      await vectors.add(page.value.map((text, nth) => ({ ...ids, text, index: first + nth })));
      written.chunks += page.value.length;
    }
    if (written.chunks === 0) throw new Error('There is nothing to read in the file but blanks.');
    return null;
  } catch (error) {
    if (error instanceof ServiceError && error.service === 'Tidings') throw error;
    return { step, failure: describeFailure(step, error) };
  }
}

function* visibleChunks(name: string, bytes: Buffer): Generator<string, void> {
  for (const { text } of chunkText(readText(name, bytes))) if (text.trim()) yield text;
}
