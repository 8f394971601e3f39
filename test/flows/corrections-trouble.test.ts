import { afterEach, beforeEach, expect, it } from 'vitest';
import { StoreError } from '../../src/stores/store-error.ts';
import { cuttable, emptyDatabase, type RunningCms, runCms, TOKEN } from '../support/builtin-cms.ts';
import { EVERYTHING, type Leftovers, NOTHING, openLeftovers } from '../support/leftovers.ts';
import { startS3Server } from '../support/s3-server.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Corrections while a store is away, gives up or is overtaken by a success. */

const closing: (() => Promise<unknown>)[] = [];
let leftovers: Leftovers;
let system: System;
let ada: string;
let document: string;
beforeEach(async () => {
  leftovers = await openLeftovers(stackEnv());
  closing.push(() => leftovers.close());
  ada = person();
  document = documentId();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(env: Record<string, string>): Promise<void> {
  const patient = { MAX_CORRECTION_ATTEMPTS: '500', STORE_TIMEOUT_SECONDS: '2' };
  system = await startSystem({
    env: { CHROMA_COLLECTION: leftovers.collection, ...patient, ...env },
  });
  closing.push(() => system.stop());
}

/** A way to an HTTP service that can be cut and mended. */
async function wayTo(url: string) {
  const way = await cuttable(url);
  closing.push(() => way.cut());
  return { ...way, url: way.url.replace(/\/$/, '') };
}

const task = (what: string, seen: (task: Record<string, unknown>) => boolean) =>
  until(`a correction ${what}`, async () => {
    const { body } = await system.call('GET', `/api/corrections?file_document_id=${document}`);
    return body.data[0] && seen(body.data[0]) && body.data[0];
  });
const waits = (store: string) => (seen: Record<string, unknown>) =>
  seen.status === 'pending' &&
  seen.attempts === 0 &&
  String(seen.error_during_correction).includes(store);
const ended = (status: string) => task(`is ${status}`, (seen) => seen.status === status);
const failed = (more: object = {}) => system.push(failure(ada, document, more));
const results = (log: { action: string; result: string }[], action: string) =>
  log.filter((entry) => entry.action === action).map(({ result }) => result);

it('waits for object storage, repeats no proven step, and takes the record last', async () => {
  const s3 = await wayTo(stackEnv().S3_ENDPOINT!);
  await start({ S3_ENDPOINT: s3.url });
  await leftovers.put(document, system.cms);
  await s3.cut();
  await failed();
  await task('has waited for it', waits('s3'));
  const meanwhile = await leftovers.left(document, system.cms);
  expect(meanwhile).toEqual({ s3: true, chroma: 0, cms: true });
  await s3.mend();
  const { execution_log } = await ended('completed');
  expect(await leftovers.left(document, system.cms)).toEqual(NOTHING);
  expect(results(execution_log, 'chroma_delete')).toEqual(['proven']);
  expect(results(execution_log, 'cms_delete')).toEqual(['proven']);
  expect(results(execution_log, 's3_delete').at(-1)).toBe('proven');
});

it('waits for the CMS, which alone knows the key', async () => {
  const database = await emptyDatabase();
  const cms: RunningCms = await runCms(database.url);
  closing.push(() => database.drop());
  closing.push(() => cms.close());
  const way = await wayTo(cms.url);
  await start({ CMS_API_URL: way.url, CMS_API_TOKEN: TOKEN });
  await leftovers.put(document, cms);
  await way.cut();
  await failed({ error: { category: 's3_error', message: 'AccessDenied' } });
  await task('has waited for it', waits('cms'));
  expect(await leftovers.left(document, cms)).toEqual(EVERYTHING);
  await way.mend();
  await ended('completed');
  expect(await leftovers.left(document, cms)).toEqual({ ...EVERYTHING, s3: false, cms: false });
});

it('gives up in the end, tells an operator, and goes on from there on request', async () => {
  const s3 = await wayTo(stackEnv().S3_ENDPOINT!);
  const operator = person('operator');
  const limits = { MAX_CORRECTION_ATTEMPTS: '2', CORRECTION_OUTAGE_HOURS: '0' };
  const env = { ...limits, OPERATOR_EMAIL: operator };
  await start({ S3_ENDPOINT: s3.url, ...env });
  await leftovers.put(document, system.cms);
  await s3.cut();
  await failed();
  const { id, error_during_correction } = await ended('failed');
  expect(error_during_correction).toContain('s3');
  const [alert] = await system.mails(operator);
  expect(alert?.subject).toBe(`Clean-up gave up: ${id}`);
  expect(alert?.text).toContain(document);
  const lines = alert?.text.split('\n');
  expect(lines).toContain('* Done: search index');
  expect(lines).toContain('* Left: file storage, CMS record');
  expect(lines).toContain('* Attempts: 2 of 2');
  expect(alert?.text).toContain(`POST /api/corrections/${id}/retry`);
  await s3.mend();
  expect((await system.call('POST', `/api/corrections/${id}/retry`)).status).toBe(202);
  const { execution_log } = await ended('completed');
  expect(results(execution_log, 'chroma_delete')).toEqual(['proven']);
  expect(await leftovers.left(document, system.cms)).toEqual(NOTHING);
});

it.each(['applied at once', 'applied later'])(
  'a success while a delete is in flight, %s, spares the record and is told',
  async (when) => {
    const operator = person('operator');
    const later = when === 'applied later';
    const s3 = await startS3Server(false);
    closing.push(() => s3.close());
    s3.onDelete = async () => {
      if (later) await system.deps.producer.queue('file-events').pause();
      await system.push(event(ada, document, { occurred_at: '2026-01-01T10:01:00Z' }));
    };
    await start({ S3_ENDPOINT: s3.url, S3_BUCKET: s3.bucket, OPERATOR_EMAIL: operator });
    await leftovers.put(document, system.cms);
    const error = { category: 's3_error', message: 'AccessDenied' };
    await failed({ error, occurred_at: '2026-01-01T10:00:00Z' });
    if (later) {
      await task('waits for the success', ({ status, error_during_correction: why }) => {
        return status === 'pending' && String(why).includes('not applied yet');
      });
      await system.deps.producer.queue('file-events').resume();
    }
    expect(await ended('cancelled')).toMatchObject({ conflict: true });
    expect(await leftovers.left(document, system.cms)).toMatchObject({ cms: true });
    const [alert] = await system.mails(operator);
    expect(alert?.subject).toContain('succeeded while');
  },
);

it('reports a conflict when a delete was done but not proven before the success', async () => {
  await start({ OPERATOR_EMAIL: person('operator'), CORRECTION_RETRY_BASE_SECONDS: '60' });
  const { s3 } = system.deps.stores;
  const lost = new StoreError({
    store: 's3',
    operation: 'read back',
    code: 'lost',
    configuration: false,
    advice: 'none',
  });
  // The real store, but the answer that would prove the removal is lost.
  system.deps.stores.s3 = {
    ...s3,
    remaining: async (files) => files.map(() => lost),
  };
  await leftovers.put(document, system.cms);
  await failed({ error: { category: 's3_error', message: 'AccessDenied' } });
  await task(
    'has failed to prove it',
    ({ error_during_correction }) => error_during_correction !== null,
  );
  expect((await leftovers.left(document, system.cms)).s3).toBe(false);
  await system.push(event(ada, document));
  await system.applied();
  await system.deps.db.sql`
    update auto_correction_tasks set run_at = now() where file_document_id = ${document}`;
  const { conflict } = await ended('cancelled');
  expect(conflict).toBe(true);
  await system.mails(system.env.OPERATOR_EMAIL!);
  expect((await leftovers.left(document, system.cms)).cms).toBe(true);
});

it('removes no object but that which the record named at first', async () => {
  const s3 = await startS3Server(false);
  closing.push(() => s3.close());
  await start({ S3_ENDPOINT: s3.url, S3_BUCKET: s3.bucket });
  const record = { documentId: document, name: document, storage_key: 'up/v1.pdf' };
  await system.cms.call('POST', '/api/files', { data: record });
  for (const key of ['up/v1.pdf', 'up/v2.pdf']) s3.put(key);
  s3.trouble = { status: 503, code: 'SlowDown' };
  await failed({ error: { category: 's3_error', message: 'AccessDenied' } });
  await task('has waited for it', waits('SlowDown'));
  await system.cms.call('PUT', `/api/files/${document}`, { data: { storage_key: 'up/v2.pdf' } });
  s3.trouble = null;
  const { cancel_reason } = await task('has ended', ({ completed_at }) => completed_at !== null);
  expect([...s3.objects.keys()]).toEqual(['up/v1.pdf', 'up/v2.pdf']);
  expect((await system.cms.call('GET', `/api/files/${document}`)).status).toBe(200);
  expect(cancel_reason).toBe('the CMS record names another object');
});

it('stops before an object that the record names only since it began', async () => {
  await start({});
  const { chroma } = system.deps.stores;
  system.deps.stores.chroma = {
    ...chroma,
    remove: async (...asked) => {
      const data = { storage_key: 'up/v2.pdf' };
      await system.cms.call('PUT', `/api/files/${document}`, { data });
      return chroma.remove(...asked);
    },
  };
  await leftovers.put(document, system.cms);
  await failed();
  await task('has ended', ({ completed_at }) => completed_at !== null);
  expect(await leftovers.left(document, system.cms)).toEqual({ ...EVERYTHING, chroma: 0 });
  expect(await ended('cancelled')).toMatchObject({ conflict: true });
});
