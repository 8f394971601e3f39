import { beforeEach, describe, expect, it } from 'vitest';
import { type BrakeLab, removed, startBraked, stopAfterEach } from '../support/brake-lab.ts';
import { documentId, event, failure, person, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** A broken ingester fails a company's whole library: the brake stops the corrections within its limit. */

const LIBRARY = 16;
const LIMIT = 5;
/** Nothing falls due by itself. */
const LATER = { AUTO_CORRECTION_DELAY_SECONDS: '3600' };

let lab: BrakeLab;
let system: System;
let operator: string;
let ada: string;
stopAfterEach();

/** @param more what differs from a limit of five corrections for each company */
async function start(more: Record<string, string> = {}, workers = 1): Promise<void> {
  operator = person('operator');
  const env = { OPERATOR_EMAIL: operator, CORRECTION_BRAKE_MAX_TASKS: String(LIMIT), ...more };
  lab = await startBraked(env, workers, ['corrections', 'file-events']);
  system = lab.system;
}
beforeEach(() => {
  ada = person();
});

async function libraryOf(company_id: number, size = LIBRARY): Promise<string[]> {
  const documents = Array.from({ length: size }, () => documentId());
  await Promise.all(documents.map((document) => lab.leftovers.put(document, system.cms)));
  await system.push(...documents.map((document) => event(ada, document, at(1, company_id))));
  await system.applied();
  return documents;
}
const at = (second: number, company_id: number) => ({
  company_id,
  occurred_at: `2026-01-01T10:00:0${second}Z`,
});
const failEach = (documents: string[], company_id: number) =>
  Promise.all(documents.map((document) => system.push(failure(ada, document, at(2, company_id)))));

/** Redis loses what it knew of this system, and only of this one. */
async function forgetQueues() {
  const { redis, config } = system.deps;
  const keys = await redis.keys(`${config.QUEUE_PREFIX}:*`);
  if (keys.length > 0) await redis.del(...keys);
}
/** In one request, so that they are counted together. */
const failTogether = (documents: string[], company_id: number) =>
  system.push(...documents.map((document) => failure(ada, document, at(2, company_id))));

const corrections = async (query = '') =>
  (await system.call('GET', `/api/corrections?limit=200${query}`)).body.data;
const brakes = async (query = '') =>
  (await system.call('GET', `/api/corrections/brakes${query}`)).body.data;
const release = (scope: string) => system.call('POST', `/api/corrections/brakes/${scope}/release`);

const intact = async (documents: string[]) => documents.length - (await removed(lab, documents));
/** Every task of the company is either held or at its end. */
const resting = (company: number, tasks: number) =>
  until(`the ${tasks} tasks of company ${company} rest`, async () => {
    const rows = await corrections(`&company_id=${company}`);
    const rest = rows.filter(
      ({ status, held_by }: { status: string; held_by: unknown }) =>
        held_by !== null || !['pending', 'processing'].includes(status),
    );
    return rest.length === tasks && rows.length === tasks && rest;
  });
const held = (rows: { status: string; held_by: unknown }[]) => {
  const found = rows.filter(({ held_by }) => held_by !== null);
  expect(found.filter(({ status }) => status !== 'pending')).toEqual([]);
  return found;
};

describe('a broken ingester', () => {
  it('stops within the limit, others go on, one alert, and a release lets the rest go on', async () => {
    await start({}, 4);
    const [library, neighbour] = [await libraryOf(1), await libraryOf(2, 3)];
    await Promise.all([failEach(library, 1), failEach(neighbour, 2)]);
    const rows = await resting(1, LIBRARY);
    const executed = rows.filter(({ status }: { status: string }) => status === 'completed').length;
    expect(executed).toBeLessThanOrEqual(LIMIT);
    expect(await intact(library)).toBe(LIBRARY - executed);
    expect(held(rows)[0]).toMatchObject({
      status: 'pending',
      mode: 'auto',
      held_by: 'company:1',
      hold_reason: 'more than 5 corrections of company 1 within 15 minutes',
    });
    await resting(2, 3);
    expect(await intact(neighbour)).toBe(0);
    const [on, ...more] = await brakes('?engaged=true');
    expect(more).toEqual([]);
    expect(on).toMatchObject({ scope: 'company:1', allowed: 5, held_tasks: LIBRARY - executed });

    await forgetQueues();
    await failEach([documentId()], 1);
    await resting(1, LIBRARY + 1);
    expect(await intact(library)).toBe(LIBRARY - executed);

    const [alert, ...again] = await system.mails(operator);
    expect(again).toEqual([]);
    expect(alert?.subject).toBe('Clean-ups are paused: too many at once: company:1');
    expect(alert?.text).toContain('more than 5 corrections of company 1');
    expect(alert?.text).toContain('POST /api/corrections/brakes/company:1/release');

    const { status, body } = await release('company:1');
    expect([status, body.data.released_tasks]).toEqual([200, LIBRARY + 1 - executed]);
    expect((await release('company:1')).status).toBe(409);
    expect(held(await resting(1, LIBRARY + 1))).toEqual([]);
    expect(await intact(library)).toBe(0);
    expect(await system.inbox(operator)).toHaveLength(1);
  });
});

describe('the claim alone', () => {
  /** Failures that were there before anybody counted them, and fall due all at once. */
  it.each([1, 4])('lets no more begin than the limit, with %d workers', async (workers) => {
    // One task each: many claims at a time.
    await start({ ...LATER, CORRECTIONS_PER_RUN: '1' }, workers);
    const library = await libraryOf(1);
    await failTogether(library, 1);
    await until('the brake is on', async () => (await brakes())[0]);
    const { sql } = system.deps.db;
    await sql`truncate correction_brakes`;
    await sql`
      update auto_correction_tasks set held_by = null, hold_reason = null, run_at = now(),
        created_at = now() - interval '1 day'`;
    const rows = await resting(1, LIBRARY);
    expect(rows.filter(({ status }: { status: string }) => status === 'completed')).toHaveLength(
      LIMIT,
    );
    expect(await intact(library)).toBe(LIBRARY - LIMIT);
    // One for each time it went on.
    expect(await system.mails(operator, 2)).toHaveLength(2);
  });
});

describe('a share of the files', () => {
  it('stops a small company late and a larger one by its share', async () => {
    const share = { CORRECTION_BRAKE_PERCENT: '50', CORRECTION_BRAKE_MIN_FILES: '3' };
    await start({ CORRECTION_BRAKE_MAX_TASKS: '0', ...share });
    const [small, larger] = [await libraryOf(1, 3), await libraryOf(2, 12)];
    await failEach(small, 1);
    await failEach(larger.slice(0, 6), 2);
    expect(held(await resting(1, 3))).toEqual([]);
    expect(held(await resting(2, 6))).toEqual([]);
    await failEach(larger.slice(6), 2);
    const rows = await resting(2, 12);
    expect(held(rows)).toHaveLength(6);
    expect(await intact(larger)).toBe(6);
  });
});

describe('operators', () => {
  it('let one go, cancel the rest, and are not held to a limit themselves', async () => {
    await start(LATER);
    const library = await libraryOf(1, 8);
    await failTogether(library, 1);
    const [first] = held(await resting(1, 8)) as unknown as { id: number }[];
    expect((await system.call('POST', `/api/corrections/${first!.id}/approve`)).status).toBe(200);
    await until('it is done', async () => {
      const { body } = await system.call('GET', `/api/corrections/${first!.id}`);
      return body.data.status === 'completed';
    });
    expect(await intact(library)).toBe(7);
    const filter = { held_by: 'company:1' };
    const cancel = (body: object) => system.call('POST', '/api/corrections/cancel', body);
    expect((await cancel({})).status).toBe(400);
    expect((await cancel({ ...filter, dry_run: true })).body.data.count).toBe(7);
    expect((await cancel(filter)).body.data.count).toBe(7);
    expect(await corrections('&held_by=company:1')).toEqual([]);
    expect((await release('company:1')).body.data.released_tasks).toBe(0);
    expect(await intact(library)).toBe(7);
  });

  it('release everybody, save whom another brake holds', async () => {
    await start({ CORRECTION_BRAKE_MAX_TASKS_TOTAL: '6', ...LATER });
    const [one, two] = [await libraryOf(1, 7), await libraryOf(2, 2)];
    await failTogether(one, 1);
    await resting(1, 7);
    await failTogether(two, 2);
    expect(held(await resting(2, 2))).toMatchObject([{ held_by: 'global' }, { held_by: 'global' }]);
    expect((await release('company:1')).body.data.released_tasks).toBe(0);
    expect(held(await resting(1, 7))[0]).toMatchObject({ held_by: 'global' });
    expect((await release('global')).body.data.released_tasks).toBe(9);
    await system.deps.db.sql`update auto_correction_tasks set run_at = now()`;
    await resting(1, 7);
    await resting(2, 2);
    expect(await intact([...one, ...two])).toBe(0);
    expect((await release('company:0')).status).toBe(400);
    expect((await release('company:99999999999')).status).toBe(400);
  });
});
