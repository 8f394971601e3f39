import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overdueCorrections } from '../../src/db/queries/corrections.ts';
import { NotYet } from '../../src/errors.ts';
import type { StoreName } from '../../src/stores/store-error.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { runCorrection } from '../../src/workers/run-correction.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { dyingDeps, isDeath, type Trouble } from './dying-deps.ts';
import { type FileStores, fileStores } from './file-life.ts';
import { expireLeases } from './settle.ts';

/**
 * The life of files against a model of a few lines, on real stores: ingestion begins, succeeds, fails,
 * deletes and writes late, in any order, while corrections run, die at any of their steps and meet
 * stores that fail. What has succeeded is never removed, what is said to be removed is not there, and in
 * the end nothing of a failed file is left.
 */

const RUNS = Number(process.env.MODEL_RUNS ?? 12);
const FILES = 3;
const STORES = ['chroma', 's3', 'cms'] as const;
const COLLECTION = `life-${randomUUID()}`;

let system: System;
let stores: FileStores;
beforeAll(async () => {
  system = await startSystem({
    workers: false,
    env: { CHROMA_COLLECTION: COLLECTION, MAX_CORRECTION_ATTEMPTS: '1000' },
  });
  stores = await fileStores(system, COLLECTION);
});
afterAll(() => system?.stop());

interface File {
  state: 'absent' | 'running' | 'failed' | 'success' | 'deleted';
  generation: number;
  /** Seconds of its newest event. */
  at: number;
  /** Its ingestion began while removals of the generation before were in flight. */
  raced: boolean;
  /** Stores written to after they had been proven empty: no correction can know of that. */
  late: Set<StoreName>;
}
interface Model {
  files: Map<string, File>;
}
interface Real {
  person: string;
  documents: string[];
}

const fresh = (): File => ({
  state: 'absent',
  generation: 0,
  at: 0,
  raced: false,
  late: new Set(),
});

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
  Object.assign(file, { state: 'running', generation, raced, late: new Set() });
}

async function finish(real: Real, file: File, document: string, well: boolean) {
  await tell(real, file, document, {}, !well);
  file.state = well ? 'success' : 'failed';
}

/** An ingester of the failed generation that did not notice. */
async function writeLate(file: File, document: string) {
  for (const store of await provenOf(document)) file.late.add(store);
  await stores.write(document, file.generation);
}

async function newestTask(document: string) {
  const [task] = await system.deps.db.sql<
    { status: string; conflict: boolean; s3: boolean; chroma: boolean; cms: boolean }[]
  >`
    select status, conflict, s3_cleanup_completed as s3, chroma_cleanup_completed as chroma,
      cms_cleanup_completed as cms
    from auto_correction_tasks where file_document_id = ${document} order by id desc limit 1`;
  return task;
}
async function provenOf(document: string): Promise<StoreName[]> {
  const task = await newestTask(document);
  return STORES.filter((store) => task?.[store]);
}

async function apply(): Promise<void> {
  const chunks = await system.deps.db.sql<{ chunk_id: string }[]>`
    select distinct chunk_id from file_events where applied_at is null and dead_lettered_at is null`;
  for (const chunk of chunks)
    await applyFileEvents(system.deps, chunk, { id: 'model', addedAt: 0 });
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

const empty = (held: Record<StoreName, string[]>, store: StoreName) => held[store].length === 0;

/** Whatever is said to be removed is not there, as long as nobody wrote since. */
async function checkProofs({ files }: Model): Promise<void> {
  for (const [document, { state, raced, late }] of files) {
    if (state !== 'failed' || raced) continue;
    const [proven, held] = [await provenOf(document), await stores.held(document)];
    const task = await newestTask(document);
    const lying = proven.filter((store) => !late.has(store) && !empty(held, store));
    expect({ document, task, lying }).toEqual({ document, task, lying: [] });
  }
}

/** What has succeeded is whole, unless it was begun in the middle of a removal: then somebody is told. */
async function checkSuccesses({ files }: Model): Promise<void> {
  for (const [document, { state, generation, raced }] of files) {
    if (state !== 'success') continue;
    const held = await stores.held(document);
    const whole = { s3: [`${generation}`], chroma: [`${generation}`], cms: ['record'] };
    if (!raced) expect(held, `${document} succeeded`).toEqual(whole);
    else if (JSON.stringify(held) !== JSON.stringify(whole)) {
      const { sql } = system.deps.db;
      const told = await sql`
        select from auto_correction_tasks where file_document_id = ${document}
          and (conflict or (status in ('pending', 'processing') and removal_began_at is not null))`;
      expect(told.length, `${document} was overtaken and nobody knows`).toBeGreaterThan(0);
    }
  }
}

async function checkEnd(model: Model): Promise<void> {
  for (let round = 0; await correct(); round += 1)
    if (round > 50) throw new Error('corrections do not come to an end');
  await checkSuccesses(model);
  for (const [document, { state, late }] of model.files) {
    if (state !== 'failed') continue;
    const held = await stores.held(document);
    const left = STORES.filter((store) => !late.has(store) && !empty(held, store));
    expect({ document, left, task: (await newestTask(document))?.status }).toEqual({
      document,
      left: [],
      task: 'completed',
    });
  }
}

type Command = fc.AsyncCommand<Model, Real>;
function command(
  name: string,
  run: (model: Model, real: Real) => Promise<unknown>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check,
    toString: () => name,
    async run(model, real) {
      await run(model, real);
      await checkProofs(model);
      await checkSuccesses(model);
    },
  };
}

const fileAt = ({ files }: Readonly<Model>, nth: number) => [...files][nth]!;

/** A command about one file that has to be in one of these states. */
const about = (
  name: string,
  nth: number,
  states: File['state'][],
  run: (real: Real, file: File, document: string) => Promise<unknown>,
) =>
  command(
    `${name} ${nth}`,
    (model, real) => {
      const [document, file] = fileAt(model, nth);
      return run(real, file, document);
    },
    (model) => states.includes(fileAt(model, nth)[1].state),
  );

const BEGINNABLE: File['state'][] = ['absent', 'failed', 'success', 'deleted'];

/** A whole failure, applied: what most of the histories need first. */
const fail = (nth: number) =>
  about('fail', nth, BEGINNABLE, async (real, file, document) => {
    await begin(real, file, document, false);
    await finish(real, file, document, false);
    await apply();
  });

const remove = (nth: number) =>
  about('delete', nth, ['running', 'failed', 'success'], async ({ person }, file, document) => {
    file.at += 1;
    await system.push({
      action: 'delete',
      ...{ file_document_id: document, company_id: 1, bot_id: 1, user_email: person },
      occurred_at: new Date(Date.UTC(2026, 0, 1) + file.at * 1000).toISOString(),
    });
    file.state = 'deleted';
  });

/** Right before a call to a store, an ingester comes in: late with the old file, or with a new one. */
const overtaken = (nth: number, call: number, how: 'late' | 'begins' | 'succeeds') =>
  command(`correct, at call ${call} ${nth} ${how}`, (model, real) => {
    const [document, file] = fileAt(model, nth);
    const act = async () => {
      if (file.state !== 'failed') return;
      if (how === 'late') return writeLate(file, document);
      await begin(real, file, document, true);
      if (how === 'succeeds') await finish(real, file, document, true);
    };
    return correct({ meanwhile: { call, act } });
  });

const file = fc.nat(FILES - 1);
const call = fc.nat(5);
const when = fc.constantFrom('before' as const, 'after' as const);
const how = fc.constantFrom('late' as const, 'begins' as const, 'succeeds' as const);
const store = fc.constantFrom(...STORES);
const commands = [
  file.map(fail),
  file.map(fail),
  file.map((nth) =>
    about('begin', nth, BEGINNABLE, (real, one, document) => begin(real, one, document, false)),
  ),
  fc
    .tuple(file, fc.boolean())
    .map(([nth, well]) =>
      about(well ? 'succeed' : 'give up', nth, ['running'], (real, one, document) =>
        finish(real, one, document, well),
      ),
    ),
  file.map((nth) =>
    about('write late', nth, ['failed'], (_real, one, document) => writeLate(one, document)),
  ),
  file.map(remove),
  fc.constant(command('apply', apply)),
  fc.constant(command('correct', () => correct())),
  fc
    .record({ call, when })
    .map((dies) =>
      command(`correct, dying ${dies.when} call ${dies.call}`, () => correct({ dies })),
    ),
  fc
    .record({ store, removes: fc.boolean() })
    .map((away) => command(`correct, failing ${JSON.stringify(away)}`, () => correct({ away }))),
  fc.tuple(file, call, how).map((given) => overtaken(...given)),
];

it('what succeeded stays, what failed goes, and nothing is said that is not so', async () => {
  const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
  process.stdout.write(`file life: seed ${seed} (MODEL_SEED), ${RUNS} runs (MODEL_RUNS)\n`);
  let done = 0;
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { size: '+1', maxCommands: 30 }), async (list) => {
      const documents = Array.from({ length: FILES }, () => documentId());
      const model: Model = { files: new Map(documents.map((one) => [one, fresh()])) };
      const real: Real = { person: person('life'), documents };
      await fc.asyncModelRun(() => ({ model, real }), list);
      await apply();
      await checkEnd(model);
      done += 1;
    }),
    { numRuns: RUNS, seed, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: false },
  );
  expect(done).toBeGreaterThan(0);
});
