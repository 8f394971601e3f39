import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findCorrection } from '../../src/db/queries/corrections.ts';
import {
  beginPutBack,
  claimRestore,
  endRestore,
  extendRestore,
  overdueRestores,
  requestRestore,
} from '../../src/db/queries/restores.ts';
import { ADA, BOB, standingLab } from '../support/standing-lab.ts';
import { documentId } from '../support/system.ts';

/** Only the holder of a claim on a restore changes it, and asking for one changes nothing under way. */

const lab = standingLab();
const LEASE = 60;
const ENTRY = { at: '2026-01-01T12:00:00Z', action: 'restore', result: 'proven', detail: 'd' };
const tokens = () => [randomUUID(), randomUUID()] as const;

describe('a restore', () => {
  const restored = async () => {
    const id = await lab.correction(ADA);
    await lab.sql`
      update auto_correction_tasks set s3_cleanup_completed = true, chroma_cleanup_completed = true,
        cms_cleanup_completed = true where id = ${id}`;
    await lab.restore(id, 'pending');
    return id;
  };
  /** One of another file. */
  const strangers = async () => {
    const { document } = lab;
    lab.document = documentId('other');
    const id = await restored();
    lab.document = document;
    return id;
  };
  const row = async (id: number) => {
    const [one] = await lab.sql`select * from correction_restores where correction_id = ${id}`;
    return one;
  };
  const begin = (id: number, token: string) =>
    lab.sql.begin((tx) => beginPutBack(tx, id, token, 'chroma_delete'));
  const end = (id: number, token: string) =>
    lab.sql.begin((tx) => endRestore(tx, id, token, { status: 'completed' }, [ENTRY]));
  const expire = (id: number) => lab.sql`
    update correction_restores set lease_expires_at = now() - interval '1 second'
    where correction_id = ${id}`;

  it('is claimed once it is due, by one at a time', async () => {
    const stranger = await strangers();
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
    expect(await claimRestore(lab.sql, id, old, LEASE)).toMatchObject({
      correction_id: id,
      file_document_id: lab.document,
      company_id: ADA.company_id,
    });
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
    expect(await row(stranger)).toMatchObject({ status: 'pending', attempts: 0 });
    expect(await findCorrection(lab.sql, id)).toMatchObject({ execution_log: [ENTRY] });
    expect(await findCorrection(lab.sql, stranger)).toMatchObject({ execution_log: [] });
  });

  it('unproves the store it writes to, and calls off the second looks at its file only', async () => {
    const id = await restored();
    const sibling = await lab.correction(BOB, { generation: 1 });
    const stranger = await strangers();
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

  describe('is asked for', () => {
    const keep = async (id: number, state: string, hours: number) => {
      const [part] = await lab.sql<{ id: number }[]>`
        insert into correction_quarantines (correction_id, store, place, state, sha256, expires_at)
        values (${id}, 's3', ${documentId('place')}, ${state}, 'digest', now() + make_interval(hours => ${hours}))
        returning id`;
      return part!.id;
    };
    const hoursLeft = async (part: number) => {
      const [left] = await lab.sql<{ hours: number }[]>`
        select round(extract(epoch from expires_at - now()) / 3600)::int as hours
        from correction_quarantines where id = ${part}`;
      return left!.hours;
    };
    const ask = (id: number) => lab.sql.begin((tx) => requestRestore(tx, id, 'operator'));

    it('in vain where nothing is kept, or some of it is kept no more', async () => {
      await lab.stands({});
      const [id, other] = [await lab.correction(ADA), await lab.correction(BOB)];
      await keep(other, 'held', 1);
      await keep(id, 'saving', 1);
      expect(await ask(id)).toContain('nothing of it was put into quarantine');
      await keep(id, 'held', 1);
      await keep(id, 'held', -1);
      expect(await ask(id)).toBe('what was kept of it has expired (s3)');
      expect(await row(id)).toBeUndefined();
    });

    it('and what is kept of it, and of nothing else, is kept long enough', async () => {
      await lab.stands({});
      const [id, other] = [await lab.correction(ADA), await lab.correction(BOB)];
      const parts = [
        await keep(id, 'held', 1),
        await keep(id, 'held', 100),
        await keep(id, 'saving', 1),
        await keep(other, 'held', 1),
      ];
      expect(await ask(id)).toBeNull();
      expect(await Promise.all(parts.map(hoursLeft))).toEqual([24, 100, 1, 1]);
      expect(await row(id)).toMatchObject({ status: 'pending', requested_by: 'operator' });
    });

    it('again once it is over, and not while it is under way', async () => {
      await lab.stands({});
      const id = await lab.correction(ADA);
      await keep(id, 'held', 1);
      await ask(id);
      const token = randomUUID();
      await claimRestore(lab.sql, id, token, LEASE);
      const before = await row(id);
      expect(await ask(id)).toBeNull();
      expect(await row(id)).toEqual(before);
      await end(id, token);
      expect(await ask(id)).toBeNull();
      expect(await row(id)).toMatchObject({ status: 'pending', attempts: 0 });
    });
  });
});
