import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type System, startSystem } from '../support/system.ts';
import {
  decide,
  forbidden,
  monthTurns,
  operatorCloses,
  prefer,
  push,
  send,
  suppress,
  sweeps,
  tick,
  vanish,
  wait,
} from './reporting-commands.ts';
import type { Event } from './reporting-model.ts';
import { BOTS, begin, checkBooks, FILES, SECRET } from './reporting-world.ts';
import { miscounted } from './settle.ts';

/**
 * Histories of one person at two bots, entered by HTTP, against a model of the rules: what every batch
 * holds, why it closed, what its mail said or why there was none, and where every event is accounted for.
 */

const RUNS = Number(process.env.MODEL_RUNS ?? 25);
const QUOTAS = [null, 1, 3];

let system: System;
beforeAll(async () => {
  system = await startSystem({
    workers: false,
    env: { WEBHOOK_SECRET: SECRET, ENABLE_AUTO_CORRECTION: 'false' },
  });
});
afterAll(() => system?.stop());

const nth = fc.nat(BOTS.length - 1);
const states = fc.constantFrom<[Event['stage'], Event['status']]>(
  ['download', 'pending'],
  ['processing', 'pending'],
  ['download', 'processing'],
  ['download', 'success'],
  ['processing', 'processing'],
  ['processing', 'success'],
  ['storage', 'processing'],
  ['storage', 'success'],
  ['completed', 'success'],
  ['completed', 'success'],
  ['completed', 'success'],
  ['failed', 'failed'],
  ['failed', 'failed'],
  ['storage', 'failed'],
);
const one = fc
  .record({
    file: fc.nat(FILES - 1),
    bot: nth,
    version: fc.nat(2),
    state: states,
    action: fc.oneof(
      { weight: 7, arbitrary: fc.constant('create' as const) },
      { weight: 1, arbitrary: fc.constant('delete' as const) },
    ),
    size: fc.constantFrom(null, 5, 1000),
    at: fc.option(fc.nat(8), { freq: 3 }),
  })
  .map(({ state: [stage, status], ...rest }) => ({ ...rest, stage, status }));
const settings = fc.record({
  notification_enabled: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.boolean()),
  batch_size_threshold: fc.constantFrom(1, 2, 3, 4, 6, 100),
  notification_delay_minutes: fc.constantFrom(1, 30, 60, 600, 1440),
  email_format: fc.constantFrom('html' as const, 'text' as const),
  include_success_details: fc.boolean(),
  include_error_details: fc.boolean(),
});
const pushes = fc
  .tuple(fc.array(one, { minLength: 1, maxLength: 8 }), fc.option(fc.nat(50), { freq: 2 }))
  .map(([list, again]) => push(list, again));
/** Everything of the person at one bot is deleted. */
const clearing = nth.map((bot) =>
  push(
    Array.from({ length: FILES }, (_, file) => ({
      ...{ file, bot, version: 0, action: 'delete' as const, size: null, at: null },
      ...{ stage: 'download' as const, status: 'pending' as const },
    })),
    null,
  ),
);
const commands = [
  clearing,
  pushes,
  pushes,
  pushes,
  nth.map(tick),
  nth.map(tick),
  fc.constantFrom(0.5, 1, 8, 12, 24).map(wait),
  nth.map(operatorCloses),
  fc.tuple(nth, settings).map(([owner, wanted]) => prefer(owner, wanted)),
  fc.nat(20).map(send),
  fc.nat(20).map(send),
  fc.tuple(fc.nat(20), fc.boolean()).map(([which, over]) => vanish(which, over)),
  fc
    .tuple(fc.nat(20), fc.constantFrom('resend' as const, 'mark-sent' as const))
    .map(([which, how]) => decide(which, how)),
  fc.nat(20).map(forbidden),
  fc.constant(null).map(monthTurns),
  fc.boolean().map(suppress),
  fc.constant(null).map(sweeps),
];

it('people are told what the rules say, whatever happens in whatever order', async () => {
  const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
  process.stdout.write(`reporting model: seed ${seed} (MODEL_SEED), ${RUNS} runs (MODEL_RUNS)\n`);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...QUOTAS),
      settings,
      fc.commands(commands, { size: '+1', maxCommands: 40 }),
      async (quota, wanted, list) => {
        const begun = await begin(system, quota, wanted);
        await fc.asyncModelRun(() => begun, list);
        await checkBooks(begun.model, begun.real);
      },
    ),
    { numRuns: RUNS, seed, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
  );
  expect(await miscounted(system.deps.db.sql)).toEqual([]);
});
