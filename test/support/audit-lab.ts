import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Collection } from 'chromadb';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Config } from '../../src/config.ts';
import { type AuditKind, type AuditReport, exitCodeOf } from '../../src/domain/store-audit.ts';
import { auditStores } from '../../src/workers/audit-stores.ts';
import { runTidings } from './command.ts';
import { stackEnv } from './stack-env.ts';
import { chromaClient, s3Client } from './store-clients.ts';
import { documentId, event, failure, person, type System, startSystem } from './system.ts';
import { until } from './until.ts';

/** Stores that disagree in every way there is, for one test file, and the audit of them. */

const base = stackEnv();
const prefix = `audit-${randomUUID()}/`;
export const key = (document: string) => `${prefix}${document}.pdf`;
const collection = `audit-${randomUUID()}`;
const s3 = s3Client(base);
const chroma = chromaClient(base);
const Bucket = base.S3_BUCKET!;

/** The system is there once the tests run. */
export const lab = {} as { system: System };
let chunks: Collection;
const ada = person();

export const putObject = (Key: string) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: 'text' }));
export const putChunks = (document: string) =>
  chunks.add({
    ids: [`${document}-0`, `${document}-1`],
    embeddings: [
      [1, 2, 3],
      [3, 2, 1],
    ],
    metadatas: [{ document_id: document }, { document_id: document }],
  });
export const removeObject = (Key: string) => s3.send(new DeleteObjectCommand({ Bucket, Key }));
export const removeChunks = (document_id: string) => chunks.delete({ where: { document_id } });
const putRecord = async (document: string) => {
  const data = { documentId: document, name: `${document}.pdf`, storage_key: key(document) };
  expect((await lab.system.cms.call('POST', '/api/files', { data })).status).toBe(201);
};
const putAll = (document: string) =>
  Promise.all([putObject(key(document)), putChunks(document), putRecord(document)]);

/** Documents by what is wrong with them. */
export const doc = {
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

/** Call once at the top of a test file: every kind of disagreement, made before its tests. */
export function disagreeingStores(): void {
  beforeAll(async () => {
    chunks = await chroma.createCollection({ name: collection, embeddingFunction: null });
    lab.system = await startSystem({
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
    await lab.system.stop();
    await chroma.deleteCollection({ name: collection });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
    for (const { Key } of Contents) await removeObject(Key!);
    s3.destroy();
  });
}

async function makeDisagreements(): Promise<void> {
  const stored = (document: string) => ({ storage_key: key(document), chunks_created: 2 });
  const failed = (document: string, category: string) =>
    failure(ada, document, {
      storage_key: key(document),
      error: { category, message: 'it failed' },
    });
  await lab.system.push(
    event(ada, doc.fine, stored(doc.fine)),
    event(ada, doc.lostObject, stored(doc.lostObject)),
    event(ada, doc.lostChunks, stored(doc.lostChunks)),
    event(ada, doc.deleted, { ...stored(doc.deleted), occurred_at: '2026-01-01T00:00:00Z' }),
    failed(doc.late, 'processing_error'),
    failed(doc.byPlan, 'storage_error'),
    failed(doc.open, 's3_error'),
    failed(doc.calledOff, 's3_error'),
  );
  await lab.system.applied();
  const { file_document_id, company_id, bot_id, user_email } = event(ada, doc.deleted) as never;
  await lab.system.push({ action: 'delete', file_document_id, company_id, bot_id, user_email });
  await lab.system.applied();
  await until('the corrections that may run are done', async () => {
    const { body } = await lab.system.call('GET', '/api/corrections?status=completed');
    return body.data.length === 2;
  });
  const { body } = await lab.system.call(
    'GET',
    `/api/corrections?file_document_id=${doc.calledOff}`,
  );
  await lab.system.call('POST', `/api/corrections/${body.data[0].id}/cancel`);
  for (const document of [doc.fine, doc.late, doc.open, doc.byPlan, doc.calledOff])
    await putAll(document);
  await putObject(key(doc.unknownObject));
  await putObject(key('of ada@example.com'));
  await putChunks(doc.unknownChunks);
  await Promise.all([putRecord(doc.lostObject), putChunks(doc.lostObject)]);
  await Promise.all([putRecord(doc.lostChunks), putObject(key(doc.lostChunks))]);
  await Promise.all([putObject(key(doc.deleted)), putChunks(doc.deleted)]);
  // The last file to succeed in chunks leaves something that only its plan keeps.
  await removeChunks(doc.byPlan);
}

/** As operators do it, in a process of its own. */
export async function command(...args: string[]) {
  const end = await runTidings(lab.system.env, ['audit-stores', '--json', ...args]);
  if (end.stdout === '') throw new Error(`no report: ${end.stderr}`);
  return { code: end.code, ...read(JSON.parse(end.stdout) as AuditReport) };
}

/** The same in this process, with other settings. */
export async function audit(changes: Partial<Config> = {}, fix = false) {
  const { signal } = new AbortController();
  const config = { ...lab.system.deps.config, ...changes };
  const options = { trigger: 'command', fix, examples: 10, signal } as const;
  const report = await auditStores({ ...lab.system.deps, config }, options);
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

/** As the audit names the objects that nobody knows. */
export const strayObjects = [`${prefix}of [address]`, key(doc.unknownObject)];
