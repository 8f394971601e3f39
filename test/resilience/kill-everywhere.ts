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
  when: 'before' | 'after';
}

export const nameOf = ({ scenario, effects, effect, when }: KillPoint) =>
  `${scenario.name}: ${when} ${effects[effect]} (${effect})`;

/**
 * Runs each scenario to its end once, to learn its effects, and then once for each side of each of
 * them, to be killed there.
 * @param env of the workers that die
 */
export async function dieAtEveryPoint(
  env: Record<string, string>,
  scenarios: Scenario[],
): Promise<KillPoint[]> {
  const run = async (scenario: Scenario, user: string, kill?: KillPoint) => {
    const { payload, job = { id: 'job', addedAt: 0 } } = await scenario.prepare(user);
    const { queue } = scenario;
    return runCrashing({ ...env, ...scenario.env }, { queue, payload, job, kill });
  };
  const lists = await inParallel(
    2,
    scenarios.map(
      (scenario) => async () => pointsOf(scenario, await run(scenario, person('through'))),
    ),
  );
  const points = lists.flat();
  const endings = await inParallel(
    3,
    points.map((point) => () => run(point.scenario, point.person, point)),
  );
  const survivors = points.filter((_point, nth) => !endings[nth]?.killed);
  expect(survivors.map(nameOf)).toEqual([]);
  const counts = lists.map((list) => `${list[0]?.scenario.name}: ${list.length}`);
  process.stdout.write(`kill points: ${points.length}, in ${counts.join('; ')}\n`);
  return points;
}

function pointsOf(scenario: Scenario, ending: Ending): KillPoint[] {
  if (ending.killed) throw new Error(`${scenario.name} was killed at no point`);
  const { effects } = ending;
  return effects.flatMap((_name, effect) =>
    (['before', 'after'] as const).map((when) => ({
      scenario,
      effects,
      effect,
      when,
      person: person('killed'),
    })),
  );
}
