import { expect, it } from 'vitest';
import { correctionSetLab, keyOf, names } from '../support/correction-set-lab.ts';
import { NOTHING } from '../support/leftovers.ts';
import { person } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Many corrections at once: they share the stores' bulk calls and nothing else. */

const lab = correctionSetLab();
const { start, startWithS3, fail, tasks, release, ended } = lab;

it('removes from all three stores, proves each file and logs what each store said', async () => {
  await start();
  const documents = names(12);
  for (const document of documents) await lab.leftovers.put(document, lab.system.cms);
  await fail(documents, { storage_key: undefined });
  await release(12);
  await ended(12);
  for (const document of documents)
    expect(await lab.leftovers.left(document, lab.system.cms)).toEqual(NOTHING);
  const { body } = await lab.system.call(
    'GET',
    `/api/corrections?file_document_id=${documents[0]}`,
  );
  const log: { action: string; result: string; detail: string }[] = body.data[0].execution_log;
  expect(log.map(({ action, result }) => [action, result])).toEqual([
    ['chroma_delete', 'proven'],
    ['s3_delete', 'proven'],
    ['cms_delete', 'proven'],
  ]);
  expect(log[0]?.detail).toContain('removed 3');
});

it('asks object storage a few times for hundreds of files', async () => {
  const s3 = await startWithS3();
  const documents = names(300);
  for (const document of documents) s3.put(keyOf(document));
  await fail(documents);
  await release(300);
  await ended(300);
  expect(s3.objects.size).toBe(0);
  expect(s3.asked.filter((asked) => asked === 'POST delete').length).toBeLessThan(30);
});

it('lets one refused file wait and fail alone', async () => {
  const s3 = await startWithS3({ MAX_CORRECTION_ATTEMPTS: '2' });
  const documents = names(8);
  for (const document of documents) s3.put(keyOf(document));
  s3.refused.set(keyOf(documents[3]!), 'AccessDenied');
  await fail(documents);
  await release(8);
  await ended(7);
  const all = await ended(1, 'failed');
  const failed = all.find(({ status }) => status === 'failed');
  expect(failed).toMatchObject({ file_document_id: documents[3], attempts: 2 });
  expect(failed?.error_during_correction).toContain('AccessDenied');
  expect([...s3.objects.keys()]).toEqual([keyOf(documents[3]!)]);
});

it('takes a set apart when one task brings it down', async () => {
  const s3 = await startWithS3();
  const documents = names(5);
  for (const document of documents) s3.put(keyOf(document));
  const { s3: store } = lab.system.deps.stores;
  lab.system.deps.stores.s3 = {
    ...store,
    remove: (files) => {
      if (files.some(({ documentId: id }) => id === documents[2])) throw new Error('a defect');
      return store.remove(files);
    },
  };
  await fail(documents);
  await release(5);
  const all = await ended(4);
  expect([...s3.objects.keys()]).toEqual([keyOf(documents[2]!)]);
  expect(all.find((task) => task.file_document_id === documents[2])?.status).not.toBe('failed');
});

it('waits out a throttled store without losing an attempt', async () => {
  const s3 = await startWithS3();
  const documents = names(5);
  for (const document of documents) s3.put(keyOf(document));
  s3.trouble = { status: 503, code: 'SlowDown' };
  await fail(documents);
  await release(5);
  await until('all wait', async () => {
    const all = await tasks();
    return all.every(({ error_during_correction }) =>
      error_during_correction?.includes('SlowDown'),
    );
  });
  expect((await tasks()).every(({ attempts }) => attempts <= 1)).toBe(true);
  s3.trouble = null;
  const all = await ended(5);
  expect(all.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
});

it.each(['ExpiredToken', 'PermanentRedirect', 'NoSuchBucket'])(
  'tells an operator of %s once, and goes on when it is put right',
  async (code) => {
    const operator = person('operator');
    const s3 = await startWithS3({ OPERATOR_EMAIL: operator });
    s3.trouble = { status: 400, code };
    const documents = names(3);
    for (const document of documents) s3.put(keyOf(document));
    await fail(documents);
    await release(3);
    const [alert] = await lab.system.mails(operator);
    expect(alert?.subject).toContain('A store refuses');
    expect(alert?.text).toContain(code);
    s3.trouble = null;
    await ended(3);
    expect(await lab.system.inbox(operator)).toHaveLength(1);
  },
);

it('keeps to the rate of a store', async () => {
  const s3 = await startWithS3({ STORE_RATE_LIMITS: 's3=4/m' });
  const documents = names(10);
  for (const document of documents) s3.put(keyOf(document));
  await fail(documents);
  await release(10);
  await until('the others are told to wait', async () => {
    const all = await tasks();
    const waiting = all.filter(({ error_during_correction: why }) => why?.includes('rate limit'));
    return waiting.length === 6 && all.filter(({ status }) => status === 'completed').length === 4;
  });
  expect(s3.objects.size).toBe(6);
  expect((await tasks()).filter(({ status }) => status === 'pending')).toMatchObject(
    Array.from({ length: 6 }, () => ({ attempts: 0, s3_cleanup_completed: false })),
  );
});
