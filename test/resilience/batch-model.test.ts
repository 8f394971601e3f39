import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NotYet } from '../../src/errors.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { closeDueBatch } from '../../src/workers/close-batch.ts';
import { sweep } from '../../src/workers/sweep.ts';
import { jobContext } from '../support/job-context.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { miscounted, unaccounted } from './settle.ts';

/**
 * The batch rules of one person against a model of a few lines: any order of accepting, applying,
 * closing, crashing, sweeping and repeating must leave the batches the model says.
 */

const THRESHOLD = 5;
const RUNS = Number(process.env.MODEL_RUNS ?? 12);

let system: System;
beforeAll(async () => {
  system = await startSystem({ workers: false });
});
afterAll(() => system?.stop());

type Status = 'processing' | 'success' | 'failed';
interface File {
  status: Status;
  /** The instant of the newest event, in seconds; events not newer change nothing. */
  at: number;
}
interface Model {
  /** Chunks accepted and not applied, oldest first, with every event ever sent. */
  waiting: { chunk: string; events: Sent[] }[];
  sent: Sent[];
  files: Map<string, File>;
  /** Files of the open batch; undefined where there is none. */
  open: Set<string> | undefined;
  /** The finished files of each closed batch, in order. */
  closed: string[][];
}
interface Real {
  person: string;
  documents: string[];
}
interface Sent {
  id: string;
  file: string;
  status: Status;
  at: number;
}

const finished = (model: Model) =>
  [...(model.open ?? [])].filter((file) => model.files.get(file)?.status !== 'processing');

function closeInModel(model: Model): void {
  const done = finished(model);
  const rest = [...model.open!].filter((file) => !done.includes(file));
  model.closed.push(done.sort());
  model.open = rest.length > 0 ? new Set(rest) : undefined;
}

/** Success beats failure, and both beat progress, at the same instant. */
const RANK: Record<Status, number> = { processing: 0, failed: 1, success: 2 };

function applyInModel(model: Model, events: Sent[]): void {
  for (const { file, status, at } of [...events].sort(
    (a, b) => a.at - b.at || RANK[a.status] - RANK[b.status],
  )) {
    const known = model.files.get(file);
    const newer = !known || at > known.at || (at === known.at && RANK[status] > RANK[known.status]);
    if (!newer) continue;
    model.files.set(file, { status, at });
    model.open ??= new Set();
    model.open.add(file);
  }
  if (finished(model).length >= THRESHOLD) closeInModel(model);
}

const wire = (person: string, { id, file, status, at }: Sent): object => {
  const more = {
    event_id: id,
    occurred_at: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
  };
  if (status === 'failed') return failure(person, file, more);
  if (status === 'success') return event(person, file, more);
  return event(person, file, { ...more, processing_stage: 'storage', status });
};

async function openBatch({ person }: Real) {
  const [row] = await system.deps.db.sql<{ batch_id: string }[]>`
    select batch_id from batch_processing_sessions
    where user_email = ${person} and status = 'processing'`;
  return row?.batch_id;
}

/** After every command the tables say what the model says. */
async function compare(model: Model, { person }: Real): Promise<void> {
  const { sql } = system.deps.db;
  const rows = await sql<{ status: string; files: string[] | null; mails: number }[]>`
    select b.status,
      (select json_agg(file_document_id order by file_document_id) from batch_files f
        where f.batch_id = b.batch_id) as files,
      (select count(*) from email_notification_log e where e.batch_id = b.batch_id) as mails
    from batch_processing_sessions b where b.user_email = ${person} order by b.id`;
  const open = rows.filter(({ status }) => status === 'processing');
  const closed = rows.filter(({ status }) => status !== 'processing');
  expect(open.map(({ files }) => files)).toEqual(model.open ? [[...model.open].sort()] : []);
  expect(closed.map(({ files }) => files)).toEqual(model.closed);
  expect(closed.every(({ mails }) => mails === 1)).toBe(true);
}

type Command = fc.AsyncCommand<Model, Real>;

/** A command that is always possible and is compared afterwards. */
function command(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check,
    toString: () => name,
    async run(model, real) {
      await run(model, real);
      await compare(model, real);
    },
  };
}

const add = (list: { file: number; status: Status; at: number }[]) =>
  command(`add ${JSON.stringify(list)}`, async (model, { person, documents }) => {
    const events = list.map(({ file, ...rest }) => ({
      ...rest,
      id: documentId('event'),
      file: documents[file]!,
    }));
    await system.push(...events.map((one) => wire(person, one)));
    const [row] = await system.deps.db.sql<{ chunk_id: string }[]>`
      select chunk_id from file_events where event_id = ${events[0]!.id}`;
    model.waiting.push({ chunk: row!.chunk_id, events });
    model.sent.push(...events);
  });

const duplicate = (which: number) =>
  command(
    `duplicate ${which}`,
    async (model, { person }) => {
      const again = model.sent[which % model.sent.length]!;
      const { body } = await system.push(wire(person, again));
      expect(body.data.duplicates).toBe(1);
    },
    (model) => model.sent.length > 0,
  );

/** Chunks are applied in any order, and by two workers at once. */
const apply = (which: number, twice: boolean) =>
  command(
    `apply ${which}${twice ? ' twice' : ''}`,
    async (model) => {
      const [next] = model.waiting.splice(which % model.waiting.length, 1);
      const run = () =>
        applyFileEvents(system.deps, { chunk_id: next!.chunk }, jobContext('model'));
      await Promise.all(twice ? [run(), run()] : [run()]);
      applyInModel(model, next!.events);
    },
    (model) => model.waiting.length > 0,
  );

/** Everything is done but the commit. */
const crash = () =>
  command(
    'crash',
    async (model) => {
      const { db } = system.deps;
      const dying = Object.assign((...args: Parameters<typeof db.sql>) => db.sql(...args), {
        begin: (work: (tx: never) => Promise<unknown>) =>
          db.sql.begin(async (tx) => {
            await work(tx as never);
            throw new Error('crashed before the commit');
          }),
      });
      const deps = { ...system.deps, db: { ...db, sql: dying as never } };
      const { chunk } = model.waiting[0]!;
      await expect(applyFileEvents(deps, { chunk_id: chunk }, jobContext('model'))).rejects.toThrow(
        'crashed',
      );
    },
    (model) => model.waiting.length > 0,
  );

/** The alarm rings, early or when the batch is due. */
const tick = (due: boolean) =>
  command(
    due ? 'close' : 'tick early',
    async (model, real) => {
      const batch_id = await openBatch(real);
      if (due) await system.makeDue(real.person);
      const ring = closeDueBatch(system.deps, { batch_id: batch_id! });
      const closes = due && finished(model).length > 0;
      if (closes) {
        await ring;
        closeInModel(model);
      } else await expect(ring).rejects.toThrow(NotYet);
    },
    (model) => model.open !== undefined,
  );

const sweeps = () => command('sweep', async () => void (await sweep(system.deps)));

const status = fc.constantFrom<Status>('processing', 'success', 'failed');
const one = fc.record({ file: fc.nat(7), status, at: fc.nat(20) });
const commands = [
  fc.array(one, { minLength: 1, maxLength: 4 }).map(add),
  fc.array(one, { minLength: 1, maxLength: 4 }).map(add),
  fc.tuple(fc.nat(9), fc.boolean()).map(([which, twice]) => apply(which, twice)),
  fc.tuple(fc.nat(9), fc.boolean()).map(([which, twice]) => apply(which, twice)),
  fc.nat(30).map(duplicate),
  fc.boolean().map(tick),
  fc.constant(null).map(crash),
  fc.constant(null).map(sweeps),
];

it('batches are what the model says, whatever happens in whatever order', async () => {
  const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
  process.stdout.write(`batch model: seed ${seed} (MODEL_SEED), ${RUNS} runs (MODEL_RUNS)\n`);
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { size: '+1', maxCommands: 40 }), async (list) => {
      const setup = () => ({
        model: {
          waiting: [],
          sent: [],
          files: new Map(),
          open: undefined,
          closed: [],
        } as Model,
        real: {
          person: person('model'),
          documents: Array.from({ length: 8 }, () => documentId()).sort(),
        },
      });
      await fc.asyncModelRun(setup, list);
    }),
    { numRuns: RUNS, seed, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
  );
  expect(await miscounted(system.deps.db.sql)).toEqual([]);
  expect(await unaccounted(system)).toBe(0);
});
