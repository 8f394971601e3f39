import { overdueCorrections } from '../../src/db/queries/corrections.ts';
import { NotYet } from '../../src/errors.ts';
import type { StoreName } from '../../src/stores/store-error.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { runCorrection } from '../../src/workers/run-correction.ts';
import { jobContext } from '../support/job-context.ts';
import { event, failure, type System } from '../support/system.ts';
import { dyingDeps, isDeath, type Trouble } from './dying-deps.ts';
import type { FileStores } from './file-stores.ts';
import { expireLeases } from './settle.ts';

/** Ingesters and a worker, as the model of file life has them act on the real system. */

export const STORES = ['chroma', 's3', 'cms'] as const;

/** What the model knows of a file. */
export interface File {
  state: 'absent' | 'running' | 'failed' | 'success' | 'deleted';
  generation: number;
  /** Seconds of its newest event. */
  at: number;
  /** Its ingestion began while removals of the generation before were in flight. */
  raced: boolean;
  /** Stores written to after they had been proven empty: no correction can know of that. */
  late: Set<StoreName>;
  /** The newest task when its ingestion began; later ones are about what was written since. */
  taskBefore: number;
}
export interface Model {
  files: Map<string, File>;
}
export interface Real {
  person: string;
  documents: string[];
}

export const fresh = (): File => ({
  state: 'absent',
  generation: 0,
  at: 0,
  raced: false,
  late: new Set(),
  taskBefore: 0,
});

export type World = ReturnType<typeof worldOf>;

export function worldOf(system: System, stores: FileStores) {
  async function tell(real: Real, file: File, document: string, what: object, fails = false) {
    file.at += 1;
    const occurred_at = new Date(Date.UTC(2026, 0, 1) + file.at * 1000).toISOString();
    const more = { occurred_at, storage_key: `life/${document}.pdf`, ...what };
    const make = fails ? failure : event;
    await system.push(make(real.person, document, more));
  }

  /** A well-behaved ingester says that it begins before it writes. */
  async function begin(real: Real, file: File, document: string, raced: boolean) {
    await tell(real, file, document, { processing_stage: 'processing', status: 'processing' });
    const generation = file.generation + 1;
    await stores.write(document, generation);
    const taskBefore = (await newestTask(document))?.id ?? 0;
    Object.assign(file, { state: 'running', generation, raced, late: new Set(), taskBefore });
  }

  async function finish(real: Real, file: File, document: string, well: boolean) {
    await tell(real, file, document, {}, !well);
    file.state = well ? 'success' : 'failed';
  }

  async function remove({ person }: Real, file: File, document: string) {
    file.at += 1;
    await system.push({
      action: 'delete',
      ...{ file_document_id: document, company_id: 1, bot_id: 1, user_email: person },
      occurred_at: new Date(Date.UTC(2026, 0, 1) + file.at * 1000).toISOString(),
    });
    file.state = 'deleted';
  }
  /** An ingester of the failed generation that did not notice. */
  async function writeLate(file: File, document: string) {
    for (const store of await provenOf(file, document)) file.late.add(store);
    await stores.write(document, file.generation);
  }

  async function newestTask(document: string) {
    const [task] = await system.deps.db.sql<
      { id: number; status: string; s3: boolean; chroma: boolean; cms: boolean }[]
    >`
      select id, status, s3_cleanup_completed as s3, chroma_cleanup_completed as chroma,
        cms_cleanup_completed as cms
      from auto_correction_tasks where file_document_id = ${document} order by id desc limit 1`;
    return task;
  }

  /** The stores that are said to hold nothing more of a failed file. */
  async function provenOf(file: File, document: string): Promise<StoreName[]> {
    const task = await newestTask(document);
    return STORES.filter((store) => task && task.id > file.taskBefore && task[store]);
  }

  /** Whether operators are told of a file that was overtaken, or will be when its correction goes on. */
  async function isTold(document: string): Promise<boolean> {
    const rows = await system.deps.db.sql`
      select from auto_correction_tasks where file_document_id = ${document}
        and (conflict or (status in ('pending', 'processing') and removal_began_at is not null))`;
    return rows.length > 0;
  }

  async function apply(): Promise<void> {
    const chunks = await system.deps.db.sql<{ chunk_id: string }[]>`
      select distinct chunk_id from file_events where applied_at is null and dead_lettered_at is null`;
    for (const chunk of chunks) await applyFileEvents(system.deps, chunk, jobContext('model'));
  }

  /** One worker takes up what is due, in trouble or not. */
  async function correct(trouble: Trouble = {}): Promise<boolean> {
    const { sql } = system.deps.db;
    await expireLeases(sql);
    await sql`update auto_correction_tasks set run_at = now() where status = 'pending'`;
    const [due] = await overdueCorrections(sql);
    if (!due) return false;
    await runCorrection(dyingDeps(system.deps, trouble), { correction_id: due.id }).catch(
      (error: unknown) => {
        if (!(error instanceof NotYet) && !isDeath(error)) throw error;
      },
    );
    return true;
  }
  return { begin, finish, writeLate, remove, newestTask, provenOf, isTold, apply, correct };
}
