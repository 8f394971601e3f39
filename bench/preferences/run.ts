import { BUILT_IN_SETTINGS } from '../../src/contracts/preferences.ts';
import { ownerKey } from '../../src/domain/owner.ts';
import { until } from '../../test/support/until.ts';
import { startParts } from './parts.ts';
import { startSimulation } from './simulation.ts';
import { judge, type Verdict } from './verdict.ts';
import type { Workload } from './workload.ts';

/** One run of a workload, and what it cost the CMS. */
export interface RunResult extends Verdict {
  by_user: number;
  bulk: number;
  /** People asked about, in all questions together. */
  people: number;
  /** Questions of a consumer that remembers nothing: one for each event and one before each mail. */
  cacheless: number;
  /** The longest that a minute's work took, and the whole run, in real seconds. */
  slowestMinute: number;
  seconds: number;
}

export interface RunOptions {
  webhooks: boolean;
  /** Minutes from and to which the CMS is away. */
  outage?: { from: number; to: number };
  onMinute?: (minute: number) => void;
}

const MINUTE_MS = 60_000;
const TOLD_MS = 120_000;
/** The longest delay there is; after it every batch has been reported. */
const LAST_MINUTES = 61;

/** @param env of a running stack */
export async function run(
  env: Record<string, string>,
  workload: Workload,
  { webhooks, outage, onMinute = () => {} }: RunOptions,
): Promise<RunResult> {
  const began = performance.now();
  const parts = await startParts(env, webhooks);
  const simulation = await startSimulation(parts.config);
  const told = async () => {
    const delivered = async () => (await parts.undelivered()) === 0;
    if (webhooks) await until('webhooks are delivered', delivered, TOLD_MS);
  };
  let slowestMinute = 0;
  try {
    await parts.createRows(workload.people);
    await told();
    for (let minute = 0; minute < workload.requests.length + LAST_MINUTES; minute += 1) {
      onMinute(minute);
      const minuteBegan = performance.now();
      if (outage?.from === minute) parts.gate.shut();
      if (outage?.to === minute) parts.gate.open();
      for (const events of workload.requests[minute] ?? []) await simulation.push(events);
      await simulation.settle();
      for (const { person, settings } of workload.changes[minute] ?? [])
        await parts.change(person, settings);
      await told();
      await simulation.pass(MINUTE_MS);
      slowestMinute = Math.max(slowestMinute, (performance.now() - minuteBegan) / 1000);
    }
    const changed = new Set(workload.changes.flat().map(({ person }) => ownerKey(person)));
    const { sql } = simulation.deps.db;
    const verdict = await judge(sql, workload.people, BUILT_IN_SETTINGS, changed);
    return {
      ...verdict,
      ...parts.gate.questions(),
      cacheless: verdict.accepted + verdict.mails,
      slowestMinute,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await simulation.stop();
    await parts.stop();
  }
}
