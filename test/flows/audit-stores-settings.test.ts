import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Config } from '../../src/config.ts';
import { isAuditDue } from '../../src/db/queries/store-audit/runs.ts';
import type { AuditKind } from '../../src/domain/store-audit.ts';
import { startAuditing } from '../../src/workers/audit-schedule.ts';
import { auditStores } from '../../src/workers/audit-stores.ts';
import { httpDouble } from '../support/http-double.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { stackEnv } from '../support/stack-env.ts';
import { chromaClient } from '../support/store-clients.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** The audit where collections are named by company, keys are prefixes, and nobody gives the command. */

const naming = `kb-${randomUUID().slice(0, 8)}-{company_id}`;
const collectionOf = (company: number) => naming.replace('{company_id}', String(company));
const chroma = chromaClient(stackEnv());
const ada = person();

let system: System;
let bucket: S3Server;
beforeAll(async () => {
  bucket = await startS3Server(false, 3);
  system = await startSystem({
    env: {
      S3_ENDPOINT: bucket.url,
      S3_BUCKET: bucket.bucket,
      S3_SLASH_KEYS: 'prefix',
      CHROMA_COLLECTION: naming,
      CHROMA_PAGE_SIZE: '2',
      AUDIT_STORES_GRACE_MINUTES: '0',
      CORRECTION_SECOND_LOOK_SECONDS: '0',
      AUTO_CORRECTION_DELAY_SECONDS: '3600',
    },
  });
});
afterAll(async () => {
  await system.stop();
  await bucket.close();
  for (const company of [1, 2]) await chroma.deleteCollection({ name: collectionOf(company) });
});

async function found(changes: Partial<Config> = {}) {
  const { signal } = new AbortController();
  const config = { ...system.deps.config, ...changes };
  const options = { trigger: 'command', fix: false, examples: 10, signal } as const;
  const report = await auditStores({ ...system.deps, config }, options);
  expect(report).not.toBeNull();
  const findings: Partial<Record<AuditKind, string[]>> = {};
  for (const { kind, examples } of report?.findings ?? []) findings[kind] = examples;
  return { findings, open: report?.not_looked_at ?? [], read: report?.read };
}

const deletion = (file_document_id: string) => {
  return { action: 'delete', file_document_id, company_id: 1, bot_id: 1, user_email: ada };
};

async function putChunks(company: number, document: string, count: number) {
  const name = collectionOf(company);
  const collection = await chroma.getOrCreateCollection({ name, embeddingFunction: null });
  const numbers = Array.from({ length: count }, (_, nth) => nth);
  await collection.add({
    ids: numbers.map((nth) => `${document}-${nth}`),
    embeddings: numbers.map((nth) => [nth, 1, 2]),
    metadatas: numbers.map(() => ({ document_id: document })),
  });
}

it('reads the collection of every company, and knows whose file belongs where', async () => {
  const [mine, astray, elsewhere] = [documentId('mine'), documentId('astray'), documentId('else')];
  const chunks = { chunks_created: 5 };
  await system.push(
    event(ada, mine, chunks),
    event(ada, astray, chunks),
    event(ada, elsewhere, { ...chunks, company_id: 3 }),
  );
  await system.applied();
  await putChunks(1, mine, 5);
  await putChunks(2, astray, 5);
  const { findings, open, read } = await found();
  expect(read).toMatchObject({ chunks: 10 });
  expect(findings).toEqual({ chunks_without_record: [astray], record_without_chunks: [astray] });
  // A collection that is missing may be a wrong name: nothing is said of its files.
  expect(open).toMatchObject([{ kinds: ['record_without_chunks'] }]);
  await putChunks(1, astray, 1);
  expect((await found()).findings).toEqual({ chunks_without_record: [astray] });
});

it('knows what is below a key that ends in a slash, and leaves the quarantine out', async () => {
  const [folder, lost] = [documentId('folder'), documentId('lost')];
  await system.push(
    event(ada, folder, { storage_key: `files/${folder}/` }),
    event(ada, lost, { storage_key: `files/${lost}/` }),
  );
  await system.applied();
  for (const name of ['a', 'b/c', 'd', 'e', 'f']) bucket.put(`files/${folder}/${name}`);
  bucket.put(`files/${folder}`);
  bucket.put('tidings-quarantine/1/object');
  const { findings } = await found();
  expect(findings).toMatchObject({
    object_without_record: [`files/${folder}`],
    record_without_object: [lost],
  });
  const asObjects = await found({ S3_SLASH_KEYS: 'object' });
  expect(asObjects.findings.object_without_record).toHaveLength(6);
});

it('leaves everything below a live key alone, whoever else names it or a key in between', async () => {
  const at = (second: number) => ({ occurred_at: `2026-01-01T00:00:0${second}Z` });
  const nested = Array.from({ length: 10 }, (_, nth) => `nest/${nth}/`);
  const gone: [string, string][] = nested.flatMap((folder) => [
    [documentId('inner'), `${folder}sub/`],
    [documentId('own'), `${folder}own`],
  ]);
  for (const folder of nested)
    for (const name of ['p1', 'own', 'sub/x', 'sub/deep/y']) bucket.put(folder + name);
  await system.push(
    ...nested.map((storage_key) => event(ada, documentId('live'), { storage_key })),
    ...gone.map(([document, storage_key]) => event(ada, document, { storage_key, ...at(1) })),
  );
  await system.applied();
  await system.push(...gone.map(([document]) => ({ ...deletion(document), ...at(2) })));
  await system.applied();
  const { findings } = await found();
  for (const keys of Object.values(findings))
    expect(keys.filter((key) => key.startsWith('nest/'))).toEqual([]);
});

it('takes the longest of several keys for the one an object was stored under', async () => {
  const failed = (document: string, storage_key: string) =>
    failure(ada, document, { storage_key, error: { category: 's3_error', message: 'denied' } });
  const folders = Array.from({ length: 8 }, (_, nth) => `gone/${nth}/`);
  for (const folder of folders) {
    bucket.put(`${folder}sub/x`);
    await system.push(
      failed(documentId('outer'), folder),
      failed(documentId('inner'), `${folder}sub/`),
    );
  }
  await system.applied();
  const { sql } = system.deps.db;
  await sql`
    update auto_correction_tasks set status = 'completed', completed_at = now()
    where starts_with(storage_key, 'gone/')`;
  const { signal } = new AbortController();
  await auditStores(system.deps, { trigger: 'command', fix: true, examples: 0, signal });
  const tasks = await sql<{ storage_key: string }[]>`
    select storage_key from auto_correction_tasks
    where starts_with(storage_key, 'gone/') and status <> 'completed' order by storage_key`;
  expect(tasks.map((task) => task.storage_key)).toEqual(folders.map((folder) => `${folder}sub/`));
});

it('finds the object of a generation that failed before the file succeeded with another', async () => {
  const document = documentId('again');
  const at = (second: number) => ({ occurred_at: `2026-01-01T00:00:0${second}Z` });
  await system.push(failure(ada, document, { storage_key: `${document}/1`, ...at(1) }));
  await system.applied();
  await system.push(event(ada, document, { storage_key: `${document}/2`, ...at(2) }));
  await system.applied();
  bucket.put(`${document}/1`);
  bucket.put(`${document}/2`);
  expect((await found()).findings.leftover_object).toEqual([`${document}/1`]);
});

it('calls no object missing because something else than S3 answers', async () => {
  const there = documentId('there');
  await system.push(event(ada, there, { storage_key: `files/${there}.pdf` }));
  await system.applied();
  bucket.put(`files/${there}.pdf`);
  expect((await found()).findings.record_without_object ?? []).not.toContain(there);
  const page = await httpDouble((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html></html>'),
  );
  const { findings, open } = await found({ S3_ENDPOINT: page.url });
  expect(findings.record_without_object ?? []).toEqual([]);
  expect(open.map(({ reason }) => reason).join()).toContain('S3_ENDPOINT answered 200');
  await page.close();
});

it('runs by itself, once in its time whoever asks, and Postgres remembers', async () => {
  const { sql } = system.deps.db;
  const audits = () => sql<{ id: number; completed_at: Date | null }[]>`
    select id, completed_at from store_audits where trigger = 'schedule'`;
  const config = { ...system.deps.config, AUDIT_STORES_INTERVAL_HOURS: 24 };
  // Audits on command count as well.
  await sql`delete from store_audits`;
  const all = [1, 2, 3].map(() => startAuditing({ ...system.deps, config }));
  await until('the audit is done', async () => (await audits()).some((one) => one.completed_at));
  await Promise.all(all.map((one) => one.stop()));
  const restarted = startAuditing({ ...system.deps, config });
  await restarted.stop();
  expect(await audits()).toHaveLength(1);
  await startAuditing(system.deps).stop();
  expect(await audits()).toHaveLength(1);
});

it('begins again when its process ended in the middle, after a while', async () => {
  const { sql } = system.deps.db;
  await sql`delete from store_audits`;
  expect(await isAuditDue(sql, 24)).toBe(true);
  await sql`insert into store_audits (trigger) values ('schedule')`;
  expect(await isAuditDue(sql, 24)).toBe(false);
  await sql`update store_audits set started_at = now() - interval '2 hours'`;
  expect(await isAuditDue(sql, 24)).toBe(true);
  await sql`update store_audits set completed_at = now() - interval '23 hours'`;
  expect([await isAuditDue(sql, 24), await isAuditDue(sql, 22)]).toEqual([false, true]);
});

it('one that is told to stop leaves no session and no answer behind', async () => {
  const stopping = new AbortController();
  stopping.abort(new Error('stopped'));
  const options = { trigger: 'command', fix: false, examples: 0, signal: stopping.signal } as const;
  await expect(auditStores(system.deps, options)).rejects.toThrow('stopped');
  expect((await found()).read).toBeDefined();
});
