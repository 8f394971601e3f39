import { afterEach, expect, it } from 'vitest';
import { type ChromaHttp, openChroma } from '../support/chroma-http.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** The quarantine keeps to the limits of the stores, and leaves one alone that is in trouble. */

const FILES = 6;

let s3: S3Server;
let chroma: ChromaHttp;
let system: System;
async function start(env: Record<string, string>): Promise<void> {
  s3 = await startS3Server(false);
  chroma = await openChroma(stackEnv().CHROMA_URL!);
  system = await startSystem({
    env: {
      S3_ENDPOINT: s3.url,
      S3_BUCKET: s3.bucket,
      CHROMA_COLLECTION: chroma.name,
      CORRECTION_QUARANTINE_DAYS: '7',
      CORRECTION_SECOND_LOOK_SECONDS: '0',
      ...env,
    },
  });
}
afterEach(async () => {
  await system.stop();
  await chroma.drop();
  await s3.close();
});

/** Files that failed and left chunks, and nothing else. */
async function fail(count: number): Promise<string[]> {
  const documents = Array.from({ length: count }, () => documentId());
  for (const document of documents) await chroma.fill(document, 2, 3);
  const error = { category: 'storage_error', message: 'upsert failed' };
  await system.push(...documents.map((document) => failure(person(), document, { error })));
  return documents;
}

interface Task {
  id: number;
  status: string;
  attempts: number;
  error_during_correction: string | null;
}
const tasks = () => system.deps.db.sql<Task[]>`select * from auto_correction_tasks order by id`;
const waiting = (count: number, reason: string) =>
  until(`${count} wait for ${reason}`, async () => {
    const all = await tasks();
    const some = all.filter(({ error_during_correction: why }) => why?.includes(reason));
    return some.length === count && all.every(({ status }) => status !== 'processing') && all;
  });
/** As if its window had passed. */
async function forgetRate(store: string): Promise<void> {
  const { redis, config } = system.deps;
  await redis.del(...(await redis.keys(`${config.QUEUE_PREFIX}:store-rate:${store}:*`)));
}
const manifests = () => [...s3.objects.keys()].filter((key) => key.endsWith('.gz')).length;

it('saves no faster than S3 may be written to; restores and expiry wait for their turn as well', async () => {
  await start({ STORE_RATE_LIMITS: 's3=4/h' });
  const documents = await fail(FILES);
  const all = await waiting(FILES - 4, 'rate limit');
  expect(all.map(({ status }) => status).sort()).toEqual(
    [...Array(4).fill('completed'), ...Array(FILES - 4).fill('pending')].sort(),
  );
  expect(all.filter(({ status }) => status === 'pending')).toMatchObject(
    Array.from({ length: FILES - 4 }, () => ({ attempts: 0 })),
  );
  expect(manifests()).toBe(4);

  const done = all.find(({ status }) => status === 'completed')!;
  const [{ file_document_id: document } = { file_document_id: '' }] = await system.deps.db.sql<
    { file_document_id: string }[]
  >`select file_document_id from auto_correction_tasks where id = ${done.id}`;
  expect(documents).toContain(document);
  expect((await system.call('POST', `/api/corrections/${done.id}/restore`)).status).toBe(202);
  const restore = async () =>
    (await system.call('GET', `/api/corrections/${done.id}`)).body.data.restore;
  await until('it waits', async () => (await restore()).reason?.includes('rate limit'));
  const [{ attempts } = { attempts: -1 }] = await system.deps.db.sql<{ attempts: number }[]>`
    select attempts from correction_restores where correction_id = ${done.id}`;
  expect(attempts).toBe(0);
  expect((await chroma.digest(document)).count).toBe(0);

  await forgetRate('s3');
  await system.deps.db.sql`update correction_restores set run_at = now()`;
  await until('it is restored', async () => (await restore()).status === 'completed');
  expect((await chroma.digest(document)).count).toBe(2);

  await system.deps.db.sql`update correction_quarantines set expires_at = now()`;
  await until('three more have had their turn', () => manifests() === 1);
  await forgetRate('s3');
  await until('nothing is kept any more', () => manifests() === 0);
});

it('does not go on asking an S3 that fails', async () => {
  await start({ CORRECTION_RETRY_BASE_SECONDS: '60' });
  s3.trouble = { status: 503, code: 'SlowDown' };
  const first = await fail(FILES);
  await waiting(FILES, 'SlowDown');
  expect(system.deps.stores.s3.rests()).toBe(true);
  expect(system.deps.stores.chroma.rests()).toBe(false);
  const asked = s3.asked.length;
  const second = await fail(FILES);
  await waiting(FILES, 'resting');
  expect(s3.asked.length).toBe(asked);
  for (const document of [...first, ...second])
    expect((await chroma.digest(document)).count).toBe(2);
});
