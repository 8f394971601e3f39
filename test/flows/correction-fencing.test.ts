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
import {
  beginPutBack,
  claimRestore,
  endRestore,
  extendRestore,
  overdueRestores,
} from '../../src/db/queries/restores.ts';
import { ADA, BOB, standingLab } from '../support/standing-lab.ts';
import { documentId } from '../support/system.ts';

/** Only the holder of a claim changes what it claimed: of corrections, and of their restores. */

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
  });

  it('is changed by its holder, until it ends', async () => {
    const id = await lab.correction(ADA, { status: 'pending' });
    const other = await lab.correction(BOB, { status: 'pending', generation: 3 });
    const [token, others] = tokens();
    await claim(id, token);
    await claim(other, others);
    const untouched = await row(other);
    expect((await claimedUnder(lab.sql, token)).map((task) => task.id)).toEqual([id]);
    expect([...(await beginRemovals(lab.sql, [id], token, LEASE))]).toEqual([id]);
    // Noted already, with most of the lease before it.
    expect([...(await beginRemovals(lab.sql, [id], token, LEASE))]).toEqual([id]);
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
    expect(await row(other)).toEqual(untouched);
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

describe('a restore', () => {
  const restored = async () => {
    const id = await lab.correction(ADA);
    await lab.sql`
      update auto_correction_tasks set s3_cleanup_completed = true, chroma_cleanup_completed = true,
        cms_cleanup_completed = true where id = ${id}`;
    await lab.restore(id, 'pending');
    return id;
  };
  const row = async (id: number) => {
    const [one] = await lab.sql`select * from correction_restores where correction_id = ${id}`;
    return one!;
  };
  const begin = (id: number, token: string) =>
    lab.sql.begin((tx) => beginPutBack(tx, id, token, 'chroma_delete'));
  const end = (id: number, token: string) =>
    lab.sql.begin((tx) => endRestore(tx, id, token, { status: 'completed' }, []));
  const expire = (id: number) => lab.sql`
    update correction_restores set lease_expires_at = now() - interval '1 second'
    where correction_id = ${id}`;

  it('is claimed once it is due, by one at a time', async () => {
    const id = await restored();
    const [old, newer] = tokens();
    const isDue = async () =>
      (await overdueRestores(lab.sql)).some(({ correction_id }) => correction_id === id);
    await lab.sql`
      update correction_restores set run_at = now() + interval '1 hour' where correction_id = ${id}`;
    expect(await isDue()).toBe(false);
    expect(await claimRestore(lab.sql, id, old, LEASE)).toBeUndefined();
    await lab.sql`update correction_restores set run_at = now() where correction_id = ${id}`;
    expect(await isDue()).toBe(true);
    expect(await claimRestore(lab.sql, id, old, LEASE)).toMatchObject({ correction_id: id });
    expect(await isDue()).toBe(false);
    expect(await claimRestore(lab.sql, id, newer, LEASE)).toBeUndefined();
    await expire(id);
    expect(await isDue()).toBe(true);
    expect(await claimRestore(lab.sql, id, newer, LEASE)).toMatchObject({ attempts: 2 });
    const before = await row(id);
    expect(await extendRestore(lab.sql, id, old, LEASE)).toBe(false);
    expect(await begin(id, old)).toBe(false);
    expect(await end(id, old)).toBe(false);
    expect(await row(id)).toEqual(before);
    expect(await findCorrection(lab.sql, id)).toMatchObject({ chroma_cleanup_completed: true });
    expect(await extendRestore(lab.sql, id, newer, LEASE)).toBe(true);
    expect(await end(id, newer)).toBe(true);
    expect(await extendRestore(lab.sql, id, newer, LEASE)).toBe(false);
    expect(await begin(id, newer)).toBe(false);
    expect(await end(id, newer)).toBe(false);
    expect(await claimRestore(lab.sql, id, old, LEASE)).toBeUndefined();
  });

  it('unproves the store it writes to, and calls off the second looks at its file only', async () => {
    const id = await restored();
    const sibling = await lab.correction(BOB, { generation: 1 });
    const { document } = lab;
    lab.document = documentId('other');
    const stranger = await restored();
    lab.document = document;
    for (const one of [id, sibling, stranger])
      await lab.sql`
        insert into correction_second_looks (correction_id, look_at) values (${one}, now())`;
    const [token, others] = tokens();
    await claimRestore(lab.sql, id, token, LEASE);
    await claimRestore(lab.sql, stranger, others, LEASE);
    const untouched = await row(stranger);
    expect(await begin(id, token)).toBe(true);
    expect(await findCorrection(lab.sql, id)).toMatchObject({
      s3_cleanup_completed: true,
      chroma_cleanup_completed: false,
      cms_cleanup_completed: true,
    });
    const looks = await lab.sql<{ correction_id: number }[]>`
      select correction_id from correction_second_looks
      where look_at is not null and correction_id = any(${[id, sibling, stranger]}::bigint[])`;
    expect(looks.map(({ correction_id }) => correction_id)).toEqual([stranger]);
    expect(await row(stranger)).toEqual(untouched);
    expect(await findCorrection(lab.sql, stranger)).toMatchObject({
      chroma_cleanup_completed: true,
    });
  });
});
