import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type CorrectionEnd,
  endCorrections,
  keepStorageKeys,
  recordSteps,
  type StepRecord,
} from '../../src/db/queries/correction-books.ts';
import {
  beginRemovals,
  claimCorrections,
  claimedUnder,
  extendLeases,
  findCorrection,
  overdueCorrections,
} from '../../src/db/queries/corrections.ts';
import { ADA, BOB, standingLab } from '../support/standing-lab.ts';
import { documentId } from '../support/system.ts';

/** Only the holder of a claim on a correction changes it. */

const lab = standingLab();
const LEASE = 60;
const tokens = () => [randomUUID(), randomUUID()] as const;

describe('a correction', () => {
  const claim = (id: number, token: string) =>
    lab.sql.begin((tx) => claimCorrections(tx, [id], token, LEASE));
  const expire = (id: number) => lab.sql`
    update auto_correction_tasks set lease_expires_at = now() - interval '1 second' where id = ${id}`;
  const row = async (id: number) => {
    const [task] = await lab.sql`select * from auto_correction_tasks where id = ${id}`;
    return task!;
  };
  const step = (id: number): StepRecord => ({
    id,
    action: 's3_delete',
    settled: 'proven',
    entry: { at: '2026-01-01T12:00:00Z', action: 's3_delete', result: 'proven', detail: 'd' },
  });
  const end = async (id: number, token: string, how: CorrectionEnd) =>
    [...(await endCorrections(lab.sql, token, [{ id, end: how, step: null }]))].length === 1;

  it('is changed by nobody whose claim was taken over', async () => {
    const id = await lab.correction(ADA, { status: 'pending' });
    const [old, newer] = tokens();
    await claim(id, old);
    await expire(id);
    await claim(id, newer);
    const before = await row(id);
    expect((await beginRemovals(lab.sql, [id], old, LEASE)).size).toBe(0);
    await recordSteps(lab.sql, old, [step(id)], LEASE);
    expect((await keepStorageKeys(lab.sql, old, [{ id, storageKey: 'k' }])).size).toBe(0);
    await extendLeases(lab.sql, [id], old, 10 * LEASE);
    expect(await end(id, old, { status: 'completed' })).toBe(false);
    expect(await row(id)).toEqual(before);
    expect(await claimedUnder(lab.sql, old)).toEqual([]);
    // Nor once the newer holder has begun, and has most of its lease before it.
    await beginRemovals(lab.sql, [id], newer, LEASE);
    expect((await beginRemovals(lab.sql, [id], old, LEASE)).size).toBe(0);
  });

  it('is changed by its holder, until it ends', async () => {
    const id = await lab.correction(ADA, { status: 'pending' });
    const other = await lab.correction(BOB, { status: 'pending', generation: 3 });
    const mate = await lab.correction(ADA, { status: 'pending', generation: 4 });
    const [token, others] = tokens();
    await claim(id, token);
    await claim(mate, token);
    await claim(other, others);
    const untouched = [await row(other), await row(mate)];
    const set = await claimedUnder(lab.sql, token);
    expect(set.map((task) => task.id).sort()).toEqual([id, mate].sort());
    expect([...(await beginRemovals(lab.sql, [id], token, LEASE))]).toEqual([id]);
    // Noted already, with most of the lease before it.
    const begun = await row(id);
    expect([...(await beginRemovals(lab.sql, [id], token, LEASE))]).toEqual([id]);
    expect(await row(id)).toEqual(begun);
    await lab.sql`
      update auto_correction_tasks set lease_expires_at = now() + interval '10 seconds' where id = ${id}`;
    expect([...(await beginRemovals(lab.sql, [id], token, LEASE))]).toEqual([id]);
    expect((await row(id)).lease_expires_at.getTime()).toBeGreaterThan(Date.now() + 30_000);
    await recordSteps(lab.sql, token, [step(id)], LEASE);
    expect(await keepStorageKeys(lab.sql, token, [{ id, storageKey: 'k' }])).toEqual(
      new Map([[id, 'k']]),
    );
    expect(await keepStorageKeys(lab.sql, token, [{ id, storageKey: 'later' }])).toEqual(
      new Map([[id, 'k']]),
    );
    const leased = (await row(id)).lease_expires_at;
    await extendLeases(lab.sql, [id], token, 10 * LEASE);
    const extended = await row(id);
    expect(extended.lease_expires_at.getTime()).toBeGreaterThan(leased.getTime());
    expect(extended).toMatchObject({ s3_cleanup_completed: true, chroma_cleanup_completed: false });
    expect(extended.execution_log).toHaveLength(1);
    expect(await end(id, token, { status: 'failed', reason: 'r' })).toBe(true);
    expect(await end(id, token, { status: 'completed' })).toBe(false);
    expect((await beginRemovals(lab.sql, [id], token, LEASE)).size).toBe(0);
    expect(await findCorrection(lab.sql, id)).toMatchObject({ status: 'failed' });
    expect([await row(other), await row(mate)]).toEqual(untouched);
  });

  it('settles the open errors of its file and generation by its completion, and no others', async () => {
    const id = await lab.correction(ADA, { status: 'pending' });
    const error = async (document: string, generation: number, resolution = 'unresolved') => {
      const [made] = await lab.sql<{ id: number }[]>`
        insert into processing_errors (file_document_id, generation, error_category, error_message,
          resolution_status)
        values (${document}, ${generation}, 's3_error', 'm', ${resolution}) returning id`;
      return made!.id;
    };
    const own = await error(lab.document, 2);
    const others = [
      await error(lab.document, 1),
      await error(documentId('other'), 2),
      await error(lab.document, 2, 'ignored'),
    ];
    const settled = async () =>
      (
        await lab.sql<{ id: number }[]>`
          select id from processing_errors where resolution_status = 'auto_correction'
            and correction_id = ${id} and id = any(${[own, ...others]}::bigint[])`
      ).map((made) => made.id);
    const [first, second] = tokens();
    await claim(id, first);
    const later = {
      status: 'pending',
      reason: 'r',
      runAt: new Date(),
      countsAttempt: true,
    } as const;
    await end(id, first, later);
    expect(await settled()).toEqual([]);
    await claim(id, second);
    await end(id, second, { status: 'completed' });
    expect(await settled()).toEqual([own]);
  });

  it('is due when its time has come, nobody holds it back, and nobody works on it', async () => {
    const id = await lab.correction(ADA, { status: 'pending' });
    const isDue = async () => (await overdueCorrections(lab.sql)).some((task) => task.id === id);
    expect(await isDue()).toBe(true);
    await lab.sql`update auto_correction_tasks set run_at = now() + interval '1 hour' where id = ${id}`;
    expect(await isDue()).toBe(false);
    await lab.sql`
      update auto_correction_tasks set run_at = now(), held_by = 'global', hold_reason = 'r'
      where id = ${id}`;
    expect(await isDue()).toBe(false);
    await claim(id, randomUUID());
    expect(await isDue()).toBe(false);
    await expire(id);
    expect(await isDue()).toBe(true);
    await lab.sql`update auto_correction_tasks set status = 'failed' where id = ${id}`;
    expect(await isDue()).toBe(false);
  });
});
