import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Simulation, startSimulation } from '../../bench/preferences/simulation.ts';
import { loadConfig } from '../../src/config.ts';
import { freePort } from '../../stack/ports.ts';
import { type CmsGate, cmsGate } from '../support/cms-gate.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** An hour without the CMS, the clock moved: every mail comes when the rules say. */

const MINUTE = 60_000;

let system: System;
let gate: CmsGate;
let simulation: Simulation;
beforeAll(async () => {
  gate = await cmsGate();
  system = await startSystem({ workers: false });
  gate.leadTo(system.cms.url);
  const env = { ...system.env, CMS_API_URL: gate.url, PORT: String(await freePort()) };
  simulation = await startSimulation(loadConfig({ ...env, SWEEP_INTERVAL_SECONDS: '0.1' }));
});
afterAll(async () => {
  await simulation?.stop();
  await system?.stop();
  await gate?.close();
});

async function someone(name: string, settings: object): Promise<string> {
  const user_email = person(name);
  const data = { company: 1, bot: 1, user_email, ...settings };
  const { status } = await system.cms.call('POST', '/api/user-notification-preferences', { data });
  expect(status).toBe(201);
  return user_email;
}
async function handsIn(user: string, files = 1): Promise<void> {
  await simulation.push(Array.from({ length: files }, () => event(user, documentId())));
  await simulation.settle();
}
const minutes = (count: number) => simulation.pass(count * MINUTE);
const mailsTo = async (user: string) => (await system.inbox(user)).length;
const lastBatch = async (user: string) =>
  (await system.call('GET', `/api/batches?user_email=${user}`)).body.data[0];

it('delays nobody: those the CMS told of lately by their settings, others by our defaults', async () => {
  const known = await someone('known', { notification_delay_minutes: 10, batch_size_threshold: 3 });
  const off = await someone('off', { notification_enabled: false });
  const fresh = await someone('fresh', { notification_delay_minutes: 5, batch_size_threshold: 9 });
  await handsIn(known);
  await handsIn(off);
  await minutes(10);
  expect(await mailsTo(known)).toBe(1);
  await minutes(20);

  gate.shut();
  await minutes(10);
  await handsIn(known);
  await handsIn(fresh);
  await handsIn(off);
  expect(await lastBatch(known)).toMatchObject({
    preferences_source: 'stale_cache',
    user_preferences_snapshot: { notification_delay_minutes: 10, batch_size_threshold: 3 },
  });
  expect((await lastBatch(known)).preferences_age_seconds).toBeGreaterThanOrEqual(10 * 60);
  expect(await lastBatch(fresh)).toMatchObject({
    preferences_source: 'defaults',
    user_preferences_snapshot: { notification_delay_minutes: 30, batch_size_threshold: 5 },
  });

  await minutes(9);
  expect(await mailsTo(known)).toBe(1);
  await minutes(1);
  expect(await mailsTo(known)).toBe(2);
  expect(await mailsTo(fresh)).toBe(0);
  await handsIn(known, 3);
  expect(await mailsTo(known)).toBe(3);
  expect(await lastBatch(known)).toMatchObject({ closed_by: 'threshold' });
  await minutes(20);
  expect(await mailsTo(fresh)).toBe(1);
  await minutes(20);

  await handsIn(fresh);
  gate.open();
  await minutes(1);
  await until('the CMS was asked about what it was not there for', async () => {
    const { preferences_source } = await lastBatch(fresh);
    return preferences_source === 'cms';
  });
  await minutes(4);
  expect(await mailsTo(fresh)).toBe(2);
  expect(await mailsTo(off)).toBe(0);
  const { body } = await system.call('GET', '/api/audit');
  expect(body.data).toMatchObject({ unaccounted: 0, pending: 0, suppressed: 2 });
});
