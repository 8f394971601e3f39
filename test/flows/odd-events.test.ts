import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileEvent } from '../../src/contracts/file-events.ts';
import { openSession } from '../../src/db/client.ts';
import { acceptEvents, newEvent } from '../../src/db/queries/inbox.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Events no producer should send, and which hold nobody up. */

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.stop());

describe('a time of long ago', () => {
  const ISO = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };

  beforeAll(async () => {
    // A database that speaks local time says of the year 1 that Berlin was 53 minutes and 28 seconds ahead.
    const session = openSession(system.env.DATABASE_URL!, 'another time zone');
    const name = new URL(system.env.DATABASE_URL!).pathname.slice(1);
    await session.unsafe(`alter database "${name}" set timezone = 'Europe/Berlin'`);
    await session`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = ${name} and pid <> pg_backend_pid()`;
    await session.end();
  });

  it('is read back as it was given', async () => {
    const dates = fc.sample(fc.date({ ...ISO, noInvalidDate: true }), 500);
    const texts = [...dates.map((date) => date.toISOString()), '0040-01-01T00:00:00.000Z'];
    const rows = await until('Postgres answers again', () =>
      system.deps.db.sql<{ at: Date }[]>`select unnest(${texts}::timestamptz[]) as at`.catch(
        () => false as const,
      ),
    );
    expect(rows.map(({ at }) => at.toISOString())).toEqual(texts);
  });

  it.each(['0001-01-01T00:00:00Z', '0040-01-01T00:00:00Z', '1850-06-01T12:00:00+02:00'])(
    'is before everything else: %s',
    async (occurred_at) => {
      const [ada, document] = [person(), documentId()];
      const begun = { occurred_at, processing_stage: 'download', status: 'processing' };
      await system.push(event(ada, document, begun));
      await system.applied();
      await system.push(event(ada, document));
      await system.applied();
      const [batch] = (await system.call('GET', `/api/batches?user_email=${ada}`)).body.data;
      expect(batch).toMatchObject({ total_files: 1, successful_files: 1 });
      const timeline = (await system.call('GET', `/api/files/${document}/timeline`)).body.data;
      expect(JSON.stringify(timeline)).toContain(new Date(occurred_at).toISOString());
    },
  );
});

it('a storage key is as long as S3 allows, in bytes', async () => {
  const [ada, document] = [person(), documentId()];
  const [producer] = system.deps.config.INGESTION_SERVICE_API_KEY;
  const push = (storage_key: string) =>
    system.call('POST', '/api/file-events', event(ada, document, { storage_key }), producer);
  const refused = await push('鍵'.repeat(342));
  expect(refused.status).toBe(400);
  expect(refused.body.errors).toEqual([
    { path: 'storage_key', message: expect.stringContaining('1024 bytes') },
  ]);
  expect((await push('鍵'.repeat(341))).status).toBe(202);
  await system.applied();
});

it('what our own code stumbles over waits for a release that can read it, and nobody waits with it', async () => {
  const [ada, bob, broken] = [person(), person('bob'), documentId('broken')];
  // As a release with another contract would have accepted it.
  const unread = { ...failure(ada, broken), error: { said: 'elsewhere' } };
  const events = [
    event(ada, documentId()),
    unread,
    event(bob, documentId()),
  ] as unknown as FileEvent[];
  await acceptEvents(
    system.deps.db.sql,
    randomUUID(),
    events.map((payload) => newEvent(payload, randomUUID())),
  );
  const filesOf = async (email: string) =>
    (await system.call('GET', `/api/batches?user_email=${email}`)).body.data[0]?.total_files;
  for (const email of [ada, bob])
    await until('the others are applied', async () => (await filesOf(email)) === 1);
  expect((await system.call('GET', '/api/audit')).body.data).toMatchObject({
    dead_lettered: 0,
    unaccounted: 0,
  });

  const mended = JSON.stringify(failure(ada, broken));
  await system.deps.db.sql`
    update file_events set payload = ${mended}::text::jsonb where file_document_id = ${broken}`;
  await until('the next try applies it', async () => (await filesOf(ada)) === 2);
  await system.applied();
});
