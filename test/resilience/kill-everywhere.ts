import { expect } from 'vitest';
import { person } from '../support/system.ts';
import { type Ending, inParallel, runCrashing } from './crash.ts';
import type { Scenario } from './kill-scenarios.ts';

/** One place to die: right before or right after the nth effect of a job. */
export interface KillPoint {
  scenario: Scenario;
  person: string;
  effects: string[];
  effect: number;
  when: Side;
}

type Side = 'before' | 'after';

interface HowToDie {
  /** How many die at a time. */
  atOnce?: number;
  /** After each effect is before the next one, where a scenario does one thing after the other. */
  sides?: readonly Side[];
}

export const nameOf = ({ scenario, effects, effect, when }: KillPoint) =>
  `${scenario.name}: ${when} ${effects[effect]} (${effect})`;

/** A machine that has a hundred processes to start is slow: nobody shall take that for an outage. */
const PATIENT = { CMS_TIMEOUT_MS: '60000', STORE_TIMEOUT_SECONDS: '60' };

/**
 * Runs each scenario to its end once, to learn its effects, and then once for each side of each of
 * them, to be killed there.
 * @param env of the workers that die
 */
export async function dieAtEveryPoint(
  env: Record<string, string>,
  scenarios: Scenario[],
  { atOnce = 3, sides = ['before', 'after'] }: HowToDie = {},
): Promise<KillPoint[]> {
  const run = async (scenario: Scenario, user: string, kill?: KillPoint) => {
    const { payload, job = { id: 'job', addedAt: 0 } } = await scenario.prepare(user);
    const { queue, deletions } = scenario;
    const order = { queue, payload, job, deletions, kill };
    return runCrashing({ ...env, ...PATIENT, ...scenario.env }, order);
  };
  const lists = await inParallel(
    Math.min(2, atOnce),
    scenarios.map(
      (scenario) => async () => pointsOf(scenario, await run(scenario, person('through')), sides),
    ),
  );
  const points = lists.flat();
  const endings = await inParallel(
    atOnce,
    points.map((point) => () => run(point.scenario, point.person, point)),
  );
  const survivors = points.flatMap((point, nth) => {
    const ending = endings[nth];
    return ending?.killed === false ? [`${nameOf(point)}, but ${told(ending)}`] : [];
  });
  expect(survivors).toEqual([]);
  const counts = lists.map((list) => `${list[0]?.scenario.name}: ${list.length}`);
  process.stdout.write(`kill points: ${points.length}, in ${counts.join('; ')}\n`);
  return points;
}

const told = ({ effects, putOff }: Extract<Ending, { killed: false }>) =>
  `it came to ${effects.join(', ') || 'nothing'}${putOff ? `; ${putOff}` : ''}`;

function pointsOf(scenario: Scenario, ending: Ending, sides: readonly Side[]): KillPoint[] {
  if (ending.killed) throw new Error(`${scenario.name} was killed at no point`);
  const { effects } = ending;
  if (effects.length === 0) throw new Error(`${scenario.name}: ${told(ending)}`);
  return effects.flatMap((_name, effect) =>
    sides.map((when) => ({
      scenario,
      effects,
      effect,
      when,
      person: person('killed'),
    })),
  );
}
