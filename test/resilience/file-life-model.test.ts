import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StoreName } from '../../src/stores/store-error.ts';
import { documentId, person, type System, startSystem } from '../support/system.ts';
import {
  type File,
  fresh,
  type Model,
  type Real,
  STORES,
  type World,
  worldOf,
} from './file-life-world.ts';
import { type FileStores, fileStores } from './file-stores.ts';

/**
 * The life of files against a model of a few lines, on real stores: ingestion begins, succeeds, fails,
 * deletes and writes late, in any order, while corrections run, die at any of their steps and meet
 * stores that fail. What has succeeded is never removed, what is said to be removed is not there, and in
 * the end nothing of a failed file is left.
 */

const RUNS = Number(process.env.MODEL_RUNS ?? 40);
const FILES = 2;
const COLLECTION = `life-${randomUUID()}`;

let system: System;
let stores: FileStores;
let world: World;
beforeAll(async () => {
  system = await startSystem({
    workers: false,
    env: { CHROMA_COLLECTION: COLLECTION, MAX_CORRECTION_ATTEMPTS: '1000' },
  });
  stores = await fileStores(system, COLLECTION);
  world = worldOf(system, stores);
});
afterAll(() => system?.stop());

type Held = Record<StoreName, string[]>;
const isEmpty = (held: Held, store: StoreName) => held[store].length === 0;
const isWhole = ({ s3, chroma, cms }: Held, { generation }: File) =>
  [s3, chroma].every((found) => found.join() === `${generation}`) && cms.length === 1;

/** Looks at every file in every store, after every command. */
async function check({ files }: Readonly<Model>): Promise<void> {
  await Promise.all(
    [...files].map(async ([document, file]) => {
      const held = await stores.held(document);
      const seen = { document, file, held };
      if (file.state === 'failed' && !file.raced) {
        // Whatever is said to be removed is not there, as long as nobody wrote since.
        const proven = await world.provenOf(file, document);
        const lies = proven.filter((store) => !file.late.has(store) && !isEmpty(held, store));
        expect({ ...seen, lies }).toEqual({ ...seen, lies: [] });
      }
      // What an ingester has written, or is writing, after it said so, is whole ...
      if (!['running', 'success'].includes(file.state) || isWhole(held, file)) return;
      // ... unless it came into the middle of a removal: then somebody is told.
      expect(seen).toMatchObject({ file: { raced: true } });
      expect({ ...seen, told: await world.isTold(document) }).toMatchObject({ told: true });
    }),
  );
}

/** In the end every failed file was corrected, and nothing of it is left. */
async function checkEnd(model: Model): Promise<void> {
  await world.apply();
  for (let round = 0; await world.correct(); round += 1)
    if (round > 50) throw new Error('corrections do not come to an end');
  await check(model);
  for (const [document, file] of model.files) {
    if (file.state !== 'failed') continue;
    const held = await stores.held(document);
    const left = STORES.filter((store) => !file.late.has(store) && !isEmpty(held, store));
    const { status } = (await world.newestTask(document)) ?? {};
    expect({ document, left, status }).toEqual({ document, left: [], status: 'completed' });
  }
}

let tried = 0;

type Command = fc.AsyncCommand<Model, Real>;
function command(
  name: string,
  run: (model: Model, real: Real) => Promise<unknown>,
  possible: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check: possible,
    toString: () => name,
    async run(model, real) {
      await run(model, real);
      tried += 1;
      if (name.startsWith('correct')) await check(model); // nothing else removes anything
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
    await world.begin(real, file, document, false);
    await world.finish(real, file, document, false);
    await world.apply();
  });

const remove = (nth: number) =>
  about('delete', nth, ['running', 'failed', 'success'], (...given) => world.remove(...given));

/** Right before a call to a store, an ingester comes in: late with the old file, or with a new one. */
const overtaken = (nth: number, call: number, how: 'late' | 'begins' | 'succeeds') =>
  command(`correct, at call ${call} ${nth} ${how}`, (model, real) => {
    const [document, file] = fileAt(model, nth);
    const act = async () => {
      if (file.state !== 'failed') return;
      if (how === 'late') return world.writeLate(file, document);
      await world.begin(real, file, document, true);
      if (how === 'succeeds') await world.finish(real, file, document, true);
    };
    return world.correct({ meanwhile: { call, act } });
  });

const file = fc.nat(FILES - 1);
const call = fc.nat(5);
const when = fc.constantFrom('before' as const, 'after' as const);
const how = fc.constantFrom('late' as const, 'begins' as const, 'succeeds' as const);
const store = fc.constantFrom(...STORES);
const begins = file.map((nth) =>
  about('begin', nth, BEGINNABLE, (real, one, document) => world.begin(real, one, document, false)),
);
const dies = fc.record({ call, when });
const away = fc.record({ store, removes: fc.boolean() });
const corrects = fc.oneof(
  fc.constant(command('correct', () => world.correct())),
  dies.map((at) =>
    command(`correct, dying ${at.when} call ${at.call}`, () => world.correct({ dies: at })),
  ),
  away.map((which) =>
    command(`correct, failing ${JSON.stringify(which)}`, () => world.correct({ away: which })),
  ),
  fc.tuple(file, call, how).map((given) => overtaken(...given)),
  fc.tuple(file, call, how).map((given) => overtaken(...given)),
);
/** What is likely to matter stands here more than once. */
const commands = [
  ...[file.map(fail), file.map(fail), begins, begins, corrects, corrects, corrects],
  fc
    .tuple(file, fc.boolean())
    .map(([nth, well]) =>
      about(well ? 'succeed' : 'give up', nth, ['running'], (real, one, document) =>
        world.finish(real, one, document, well),
      ),
    ),
  file.map((nth) =>
    about('write late', nth, ['failed'], (_real, one, document) => world.writeLate(one, document)),
  ),
  file.map(remove),
  fc.constant(command('apply', () => world.apply())),
];

it('what succeeded stays, what failed goes, and nothing is said that is not so', async () => {
  const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
  process.stdout.write(`file life: seed ${seed} (MODEL_SEED), ${RUNS} runs (MODEL_RUNS)\n`);
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { size: 'max', maxCommands: 20 }), async (list) => {
      const documents = Array.from({ length: FILES }, () => documentId());
      const model: Model = { files: new Map(documents.map((one) => [one, fresh()])) };
      const real: Real = { person: person('life'), documents };
      await fc.asyncModelRun(() => ({ model, real }), list);
      await checkEnd(model);
    }),
    { numRuns: RUNS, seed, interruptAfterTimeLimit: 25_000, markInterruptAsFailure: false },
  );
  process.stdout.write(`file life: ${tried} commands\n`);
  expect(tried).toBeGreaterThan(20);
});
