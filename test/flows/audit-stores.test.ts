import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Collection } from 'chromadb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Config } from '../../src/config.ts';
import { type AuditKind, type AuditReport, exitCodeOf } from '../../src/domain/store-audit.ts';
import { auditStores } from '../../src/workers/audit-stores.ts';
import { runTidings } from '../support/command.ts';
import { stackEnv } from '../support/stack-env.ts';
import { chromaClient, s3Client } from '../support/store-clients.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** `tidings audit-stores` as operators run it, over every kind of disagreement, made for real. */

const base = stackEnv();
const prefix = `audit-${randomUUID()}/`;
const key = (document: string) => `${prefix}${document}.pdf`;
const collection = `audit-${randomUUID()}`;
const s3 = s3Client(base);
const chroma = chromaClient(base);
const Bucket = base.S3_BUCKET!;

let system: System;
let chunks: Collection;
const ada = person();

const putObject = (Key: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'text' }));
const putChunks = (document: string) =>
  chunks.add({
    ids: [`${document}-0`, `${document}-1`],
    embeddings: [
      [1, 2, 3],
      [3, 2, 1],
    ],
    metadatas: [{ document_id: document }, { document_id: document }],
  });
const putRecord = async (document: string) => {
  const data = { documentId: document, name: `${document}.pdf`, storage_key: key(document) };
  expect((await system.cms.call('POST', '/api/files', { data })).status).toBe(201);
};
const putAll = (document: string) =>
  Promise.all([putObject(key(document)), putChunks(document), putRecord(document)]);

/** Documents by what is wrong with them. */
const doc = {
  fine: documentId('fine'),
  unknownObject: documentId('unknown-object'),
  unknownChunks: documentId('unknown-chunks'),
  lostObject: documentId('lost-object'),
  lostChunks: documentId('lost-chunks'),
  late: documentId('late'),
  deleted: documentId('deleted'),
  open: documentId('open'),
  byPlan: documentId('by-plan'),
  calledOff: documentId('called-off'),
};

beforeAll(async () => {
  chunks = await chroma.createCollection({ name: collection, embeddingFunction: null });
  system = await startSystem({
    env: {
      CHROMA_COLLECTION: collection,
      AUDIT_STORES_PREFIX: prefix,
      AUDIT_STORES_GRACE_MINUTES: '0',
      AUTO_CORRECTION_MODES: 'category:s3_error=approve',
      CORRECTION_SECOND_LOOK_SECONDS: '0',
    },
  });
  await makeDisagreements();
});
afterAll(async () => {
  await system.stop();
  await chroma.deleteCollection({ name: collection });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
  for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  s3.destroy();
});

async function makeDisagreements(): Promise<void> {
  const stored = (document: string) => ({ storage_key: key(document), chunks_created: 2 });
  const failed = (document: string, category: string) =>
    failure(ada, document, {
      storage_key: key(document),
      error: { category, message: 'it failed' },
    });
  await system.push(
    event(ada, doc.fine, stored(doc.fine)),
    event(ada, doc.lostObject, stored(doc.lostObject)),
    event(ada, doc.lostChunks, stored(doc.lostChunks)),
    event(ada, doc.deleted, { ...stored(doc.deleted), occurred_at: '2026-01-01T00:00:00Z' }),
    failed(doc.late, 'processing_error'),
    failed(doc.byPlan, 'storage_error'),
    failed(doc.open, 's3_error'),
    failed(doc.calledOff, 's3_error'),
  );
  await system.applied();
  const { file_document_id, company_id, bot_id, user_email } = event(ada, doc.deleted) as never;
  await system.push({ action: 'delete', file_document_id, company_id, bot_id, user_email });
  await system.applied();
  await until('the corrections that may run are done', async () => {
    const { body } = await system.call('GET', '/api/corrections?status=completed');
    return body.data.length === 2;
  });
  const { body } = await system.call('GET', `/api/corrections?file_document_id=${doc.calledOff}`);
  await system.call('POST', `/api/corrections/${body.data[0].id}/cancel`);
  for (const document of [doc.fine, doc.late, doc.open, doc.byPlan, doc.calledOff])
    await putAll(document);
  await putObject(key(doc.unknownObject));
  await putObject(key('of ada@example.com'));
  await putChunks(doc.unknownChunks);
  await Promise.all([putRecord(doc.lostObject), putChunks(doc.lostObject)]);
  await Promise.all([putRecord(doc.lostChunks), putObject(key(doc.lostChunks))]);
  await Promise.all([putObject(key(doc.deleted)), putChunks(doc.deleted)]);
  // The last file to succeed in chunks leaves something that only its plan keeps.
  await chunks.delete({ where: { document_id: doc.byPlan } });
}

/** As operators do it, in a process of its own. */
async function command(...args: string[]) {
  const end = await runTidings(system.env, ['audit-stores', '--json', ...args]);
  if (end.stdout === '') throw new Error(`no report: ${end.stderr}`);
  return { code: end.code, ...read(JSON.parse(end.stdout) as AuditReport) };
}

/** The same in this process, with other settings. */
async function audit(changes: Partial<Config> = {}, fix = false) {
  const { signal } = new AbortController();
  const config = { ...system.deps.config, ...changes };
  const options = { trigger: 'command', fix, examples: 10, signal } as const;
  const report = await auditStores({ ...system.deps, config }, options);
  if (!report) throw new Error('somebody else is at it');
  return { code: exitCodeOf(report), ...read(report) };
}

function read(report: AuditReport) {
  const found: Partial<Record<AuditKind, string[]>> = {};
  const fixable: Partial<Record<AuditKind, number>> = {};
  for (const { kind, examples, fixable: count } of report.findings) {
    found[kind] = examples;
    if (count > 0) fixable[kind] = count;
  }
  return { report, found, fixable };
}

const strayObjects = [`${prefix}of [address]`, key(doc.unknownObject)];

it('reports every kind, both ways, and changes nothing', async () => {
  const { code, report, found, fixable } = await command();
  expect(found).toEqual({
    object_without_record: [key(doc.deleted), ...strayObjects],
    chunks_without_record: [doc.deleted, doc.unknownChunks],
    record_without_object: [doc.lostObject],
    record_without_chunks: [doc.lostChunks],
    leftover_object: [key(doc.calledOff), key(doc.late)],
    leftover_chunks: [doc.late],
    leftover_record: [doc.calledOff, doc.late],
  });
  // What nobody knows is only reported, and so is what an operator has called off.
  expect(fixable).toEqual({
    object_without_record: 1,
    chunks_without_record: 1,
    leftover_object: 1,
    leftover_chunks: 1,
    leftover_record: 1,
  });
  expect(report).toMatchObject({ not_looked_at: [], corrections_created: null });
  expect(code).toBe(3);
  expect((await audit()).found).toEqual(found);
});

it('lets alone what is young', async () => {
  const { found } = await audit({ AUDIT_STORES_GRACE_MINUTES: 60 });
  // Chroma does not say when a chunk was written; a file nobody has heard of has no age.
  expect(found).toEqual({ chunks_without_record: [doc.unknownChunks] });
});

it('takes a store that is away for unread, never for empty', async () => {
  const { found, report, code } = await audit({ CHROMA_URL: 'http://127.0.0.1:2' });
  expect(Object.keys(found).sort()).toEqual([
    'leftover_object',
    'leftover_record',
    'object_without_record',
    'record_without_object',
  ]);
  expect(report.not_looked_at).toMatchObject([
    { kinds: ['chunks_without_record', 'record_without_chunks', 'leftover_chunks'] },
  ]);
  expect(report.not_looked_at[0]?.reason).toContain('ECONNREFUSED');
  expect(code).toBe(3);
});

it('has nothing to say, and says so, where nothing can be read', async () => {
  const { found, report, code } = await audit(
    { CMS_API_TOKEN: 'wrong', CHROMA_COLLECTION: 'nobody-has-this' },
    true,
  );
  expect(found).toEqual({});
  expect(report.not_looked_at.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('CHROMA_COLLECTION'),
    expect.stringContaining('CMS_API_TOKEN'),
  ]);
  expect(report.corrections_created).toBe(0);
  expect(code).toBe(1);
});

it('--fix removes by corrections what failed and deleted files left, and nothing else', async () => {
  const { report } = await command('--fix');
  expect(report.corrections_created).toBe(2);
  const made = await until('the corrections are done', async () => {
    const documents = [doc.late, doc.deleted];
    const newest = await Promise.all(
      documents.map(async (document) => {
        const { body } = await system.call('GET', `/api/corrections?file_document_id=${document}`);
        return body.data[0];
      }),
    );
    return newest.every(({ status }) => status === 'completed') && newest;
  });
  expect(made).toMatchObject([
    {
      failure_category: 'processing_error',
      s3_cleanup_completed: true,
      chroma_cleanup_completed: true,
      cms_cleanup_completed: true,
    },
    {
      failure_category: 'orphaned',
      correction_actions: ['s3_delete', 'chroma_delete'],
      s3_cleanup_completed: true,
      chroma_cleanup_completed: true,
    },
  ]);
  const { found, fixable } = await audit();
  expect(found).toEqual({
    object_without_record: strayObjects,
    chunks_without_record: [doc.unknownChunks],
    record_without_object: [doc.lostObject],
    record_without_chunks: [doc.lostChunks],
    leftover_object: [key(doc.calledOff)],
    leftover_record: [doc.calledOff],
  });
  expect(fixable).toEqual({});
  expect((await audit({}, true)).report.corrections_created).toBe(0);
});

it('a correction that waits keeps its file from being told; the metric has the last counts', async () => {
  const [row] = await system.deps.db.sql<{ tasks: number }[]>`
    select count(*) as tasks from auto_correction_tasks where file_document_id = ${doc.open}`;
  expect(row?.tasks).toBe(1);
  const gauge = await until('the gauges are filled', async () => {
    const { body } = await system.call('GET', '/metrics');
    return /store_audit_findings\{kind="leftover_object"\} (\d+)/.exec(body)?.[1];
  });
  expect(gauge).toBe('1');
});

it('finds nothing once the rest is put right', async () => {
  for (const stray of [key(doc.unknownObject), key('of ada@example.com')])
    await s3.send(new DeleteObjectCommand({ Bucket, Key: stray }));
  await chunks.delete({ where: { document_id: doc.unknownChunks } });
  await putObject(key(doc.lostObject));
  await putChunks(doc.lostChunks);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: key(doc.calledOff) }));
  await system.cms.call('DELETE', `/api/files/${doc.calledOff}`);
  await chunks.delete({ where: { document_id: doc.calledOff } });
  const { found, report } = await audit();
  expect([found, report.not_looked_at]).toEqual([{}, []]);
  const text = await runTidings(system.env, ['audit-stores']);
  expect([text.code, text.stdout]).toEqual([0, expect.stringContaining('Nothing found.')]);
});

it('refuses what it does not understand, and --fix where there are no corrections', async () => {
  const wrong = await runTidings(system.env, ['audit-stars']);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('Usage:')]);
  const off = { ...system.env, ENABLE_AUTO_CORRECTION: 'false' };
  const refused = await runTidings(off, ['audit-stores', '--fix']);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('ENABLE_AUTO_CORRECTION'),
  ]);
});
