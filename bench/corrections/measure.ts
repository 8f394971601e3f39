import type { BareDeletes } from '../bare/deletes.ts';
import type { Bench } from '../bench.ts';
import { type Figure, holds, type Measured } from '../figure.ts';
import { startHelper } from '../helper.ts';
import { alternate, median } from '../rounds.ts';
import { type Corrected, startCorrecting } from './correct-all.ts';
import { FILES_PER_BOT, startFailing } from './fail-all.ts';
import { CHUNKS_PER_FILE, openLeftovers, type Store } from './leftovers.ts';
import { CHROMA_FILES } from './loops.ts';

/** Corrections of failed files beside a bare loop of the same deletes, verified afterwards. */

const STORES = ['s3', 'chroma', 'cms'] as const;

/** What would hold corrections back is turned off; what guards them is not. Mail has its own figures. */
const SETTINGS = {
  // They begin when they are called for, and no alarm is early.
  AUTO_CORRECTION_DELAY_SECONDS: '86400',
  SWEEP_INTERVAL_SECONDS: '1',
  CORRECTION_BRAKE_MAX_TASKS: '0',
  CORRECTION_BRAKE_PERCENT: '0',
  CORRECTION_BRAKE_MAX_TASKS_TOTAL: '0',
  ENABLE_EMAIL_NOTIFICATIONS: 'false',
  // As much as the bare loop deletes at a time.
  CHROMA_PAGE_SIZE: String(CHROMA_FILES * CHUNKS_PER_FILE),
};

/** The bare loops are given fewer files, because putting them takes longest; their speed is the same. */
const BARE_SHARE = 1 / 8;
/** The round that is not counted is a small one. */
const WARM_UP_SHARE = 1 / 10;

/** @param files how many failed files a round corrects */
async function measureCorrections(
  bench: Bench,
  stores: readonly Store[],
  files: number,
): Promise<Measured> {
  const env = await bench.freshEnv({ ...SETTINGS, CHROMA_COLLECTION: 'bench' });
  const producer = await startFailing(bench, env);
  const corrector = await startCorrecting(bench, env);
  const leftovers = await openLeftovers(env);
  const bare = startHelper<BareDeletes, { seconds: number }>(
    new URL('../bare/deletes.ts', import.meta.url),
  );
  const turns: Record<string, number> = {};
  const put = async (side: string, share: number) => {
    const turn = turns[side] ?? 0;
    turns[side] = turn + 1;
    const count = Math.ceil(files * share * (turn === 0 ? WARM_UP_SHARE : 1));
    const ids = Array.from({ length: count }, (_, nth) => idOf(`${side}-${turn}`, nth));
    await leftovers.put(ids, stores);
    return ids;
  };
  /** Nothing is left where it was looked for; the records are where no step was for them. */
  const verified = async (documentIds: readonly string[]) => {
    const left = await leftovers.count();
    const expected = { s3: 0, chroma: 0, cms: stores.includes('cms') ? 0 : documentIds.length };
    for (const store of STORES)
      holds(
        `${store} holds ${expected[store]} and not ${left[store]}`,
        left[store] === expected[store],
      );
    await leftovers.clearRecords();
  };
  const corrected: { steps: number; cpu: Corrected['cpu'] }[] = [];
  const ours = async () => {
    const ids = await put('ours', 1);
    await producer.failAll(ids);
    const { seconds, cpu } = await corrector.correctAll(ids.length, stores);
    const steps = ids.length * stores.length;
    corrected.push({ steps, cpu });
    await verified(ids);
    return steps / seconds;
  };
  const bareLoop = async (loop: BareDeletes['loop']) => {
    const documentIds = await put(loop, BARE_SHARE);
    let seconds = 0;
    for (const store of stores)
      seconds += (await bare.ask({ env, store, loop, documentIds })).seconds;
    await verified(documentIds);
    return (documentIds.length * stores.length) / seconds;
  };
  const proving: number[] = [];
  try {
    const rounds = await alternate(bench.rounds, ours, async () => {
      proving.push(await bareLoop('prove'));
      return bareLoop('delete');
    });
    const notes = [`${files} files a round, all proven, nothing left`, costOfProof(), cpuPerStep()];
    return { rounds, notes };
  } finally {
    await corrector.stop();
    await producer.stop();
    bare.stop();
    await leftovers.close();
  }

  /** What counting and proof leave of a bare loop that asks one question at a time. */
  function costOfProof(): string {
    const perSecond = Math.round(median(proving.slice(1)));
    return `a bare loop that counts before and reads back: ${perSecond.toLocaleString('en')} /s`;
  }

  /** The first round is the one that is not counted. */
  function cpuPerStep(): string {
    const rounds = corrected.slice(1);
    const steps = rounds.reduce((sum, round) => sum + round.steps, 0);
    const of = (name: string) => rounds.reduce((sum, { cpu }) => sum + (cpu[name] ?? 0), 0);
    const microseconds = ['worker', 'Postgres', 'stores'].map(
      (name) => `${name} ${Math.round((of(name) / steps) * 1e6)}`,
    );
    return `µs of CPU a step: ${microseconds.join(', ')}`;
  }
}

const padded = (count: number, digits: number) => String(count).padStart(digits, '0');

const idOf = (set: string, nth: number) =>
  `${set}-${padded(Math.floor(nth / FILES_PER_BOT), 4)}-${padded(nth, 6)}`;

const figureOf = (
  name: string,
  stores: readonly Store[],
  beside: string,
  files: number,
): Figure => ({
  name,
  what: `failed files corrected, ${stores.join(' + ')}, guarded and proven`,
  beside,
  unit: 'steps/s',
  target: { atLeast: 0.7 },
  measure: (bench) => measureCorrections(bench, stores, files),
});

/** @param files failed files corrected in a round */
export const correctionFigures = (files: number): Figure[] => [
  figureOf('s3', ['s3'], 'DeleteObjects, 1,000 keys a request', files),
  figureOf('chroma', ['chroma'], 'delete where document_id in 1,000 files', files),
  figureOf('cms', ['cms'], 'DELETE by id, 10 at a time', files),
  figureOf('all', ['chroma', 's3', 'cms'], 'the three loops, one after the other', files),
];
