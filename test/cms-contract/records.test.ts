import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { one, pageOf, RECORDS } from '../../cms/contract/answers.ts';
import { CONTRACT_ROUTES } from '../../cms/contract/routes.ts';
import { cmsHealth } from '../../src/contracts/cms.ts';
import { problem } from '../../src/contracts/problem.ts';
import { type ContractCms, contractCms } from '../support/contract-cms.ts';

/** Companies, bots, file records, health, and who may ask. */

let cms: ContractCms;
beforeAll(async () => {
  cms = await contractCms();
});
afterAll(() => cms.close());

const anyNumber = () => randomInt(10 ** 9, 2 * 10 ** 9);
const post = (type: string, data: object) => cms.call('POST', `/api/${type}`, { data });

it('health is open, everything else needs a token', async () => {
  const health = await cms.call('GET', '/api/health', undefined, '');
  expect(health.status).toBe(200);
  expect(cmsHealth.parse(health.body)).toMatchObject({
    status: 'healthy',
    services: { database: 'healthy' },
  });
  const closed = CONTRACT_ROUTES.filter(({ open }) => !open);
  expect(closed.length).toBeGreaterThan(15);
  for (const { method, path } of closed)
    for (const token of ['', 'wrong']) {
      const address = path.replace(/\{\w+\}/g, '1');
      const reply = await cms.call(method.toUpperCase(), address, undefined, token);
      expect([method, path, reply.status]).toEqual([method, path, 401]);
      problem.parse(reply.body);
    }
});

it('an address that is none answers 404', async () => {
  expect((await cms.call('GET', '/api/nowhere')).status).toBe(404);
});

describe.each([
  ['companies', RECORDS.company, { notification_quota: 7, notification_usage: 2 }],
  ['bots', RECORDS.bot, { processing_settings: { chunk: { size: 512 }, languages: ['de'] } }],
] as const)('%s', (type, record, change) => {
  const answer = one(record);
  const path = (id: string | number) => `/api/${type}/${id}`;

  it('are created, read and changed by number and by documentId', async () => {
    const { status, body } = await post(type, { name: 'Acme' });
    expect(status).toBe(201);
    const row = answer.parse(body).data;
    for (const id of [row.id, row.documentId]) {
      expect(answer.parse((await cms.call('GET', path(id))).body).data).toEqual(row);
      const renamed = await cms.call('PUT', path(id), { data: { name: `by ${id}` } });
      expect(renamed.status).toBe(200);
      expect(answer.parse(renamed.body).data).toEqual({ ...row, name: `by ${id}` });
      await cms.call('PUT', path(id), { data: { name: 'Acme' } });
    }
    await cms.call('PUT', path(row.id), { data: change });
    const changed = answer.parse((await cms.call('GET', path(row.documentId))).body).data;
    expect(changed).toEqual({ ...row, ...change });
  });

  it('take a number they have elsewhere, once, and leave the next ones free', async () => {
    const id = anyNumber();
    const replies = await Promise.all([1, 2, 3].map(() => post(type, { id, name: 'Acme' })));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const next = answer.parse((await post(type, { name: 'Next' })).body).data.id;
    expect((await post(type, { id: next + 1, name: 'Taken' })).status).toBe(201);
    expect((await post(type, { name: 'After' })).status).toBe(201);
  });

  it('are listed in pages', async () => {
    const { id } = answer.parse((await post(type, { name: 'Listed' })).body).data;
    const first = pageOf(record).parse((await cms.call('GET', `/api/${type}?pageSize=1`)).body);
    expect(first.data).toHaveLength(1);
    const { total, pageCount } = first.meta.pagination;
    expect(pageCount).toBe(total);
    const ids: number[] = [];
    for (let page = 1; page <= Math.ceil(total / 100); page += 1) {
      const path = `/api/${type}?page=${page}&pageSize=100`;
      ids.push(
        ...pageOf(record)
          .parse((await cms.call('GET', path)).body)
          .data.map((r) => r.id),
      );
    }
    expect(ids).toContain(id);
  });

  it('that do not exist answer 404, and what does not fit is refused', async () => {
    for (const id of [anyNumber(), 'unknown', '%00', '-1'])
      for (const [method, body] of [['GET'], ['PUT', { data: {} }]] as const)
        expect((await cms.call(method, path(id), body)).status).toBe(404);
    for (const data of [{}, { name: '' }, { name: 'x', more: 1 }, { name: 'x', id: 0 }])
      expect((await post(type, data)).status).toBe(400);
  });
});

it("a company's defaults and counts have to fit", async () => {
  const { body } = await post('companies', { name: 'Acme' });
  expect(body.data).toMatchObject({
    notification_quota: 1000,
    notification_usage: 0,
    default_notification_settings: {},
  });
  for (const [data, path] of [
    [{ default_notification_settings: { batch_size_threshold: 101 } }, 'batch_size_threshold'],
    [{ default_notification_settings: { colour: 'blue' } }, 'colour'],
    [{ notification_quota: -1 }, 'notification_quota'],
    [{ notification_usage: 1.5 }, 'notification_usage'],
  ] as const) {
    const reply = await cms.call('PUT', `/api/companies/${body.data.id}`, { data });
    expect(reply.status).toBe(400);
    expect(problem.parse(reply.body).errors?.[0]?.path).toContain(path);
  }
});

describe('files', () => {
  const answer = one(RECORDS.file);
  const path = (id: string | number) => `/api/files/${encodeURIComponent(id)}`;
  const register = async (more: object = {}) =>
    answer.parse((await post('files', { documentId: randomUUID(), name: 'a.pdf', ...more })).body)
      .data;

  it('are listed by the document ids asked for, and by no others', async () => {
    const wanted = [randomUUID(), randomUUID()];
    for (const documentId of [...wanted, randomUUID()])
      await post('files', { documentId, name: 'c.pdf' });
    const query = (ids: string[]) => ids.map((id) => `documentId=${id}`).join('&');
    const listed = await cms.call('GET', `/api/files?${query([...wanted, randomUUID()])}`);
    const { data, meta } = pageOf(RECORDS.file).parse(listed.body);
    expect(data.map((file) => file.documentId).sort()).toEqual(wanted.sort());
    expect(meta.pagination.total).toBe(2);
    const none = await cms.call('GET', `/api/files?${query([randomUUID()])}`);
    expect(none.body).toMatchObject({ data: [], meta: { pagination: { total: 0 } } });
  });

  it('are registered under their documentId, once', async () => {
    const [company, bot] = [anyNumber(), anyNumber()];
    const documentId = `doc/${randomUUID()} ä`;
    const file = { documentId, name: 'ä'.repeat(1024), storage_key: 'k'.repeat(1024) };
    const all = await Promise.all(
      Array.from({ length: 5 }, () => post('files', { ...file, company, bot })),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    const { body } = await cms.call('GET', path(documentId));
    expect(answer.parse(body).data).toMatchObject({
      ...file,
      company: { id: company },
      bot: { id: bot },
      notification_sent: false,
      last_notification_batch: null,
    });
    const listed = await cms.call('GET', `/api/files?company=${company}&bot=${bot}`);
    expect(
      pageOf(RECORDS.file)
        .parse(listed.body)
        .data.map((r) => r.documentId),
    ).toEqual([documentId]);
    const drawn = await post('files', { name: 'b.pdf' });
    expect(answer.parse(drawn.body).data.documentId).not.toBe('');
  });

  it('take what Tidings writes back', async () => {
    const file = await register();
    const change = {
      notification_sent: true,
      last_notification_batch: randomUUID(),
      processing_metadata: { chunks: 3, stages: [{ name: 'parse' }] },
    };
    const reply = await cms.call('PUT', path(file.documentId), { data: change });
    expect(reply.status).toBe(200);
    expect(answer.parse(reply.body).data).toEqual({ ...file, ...change });
    const cleared = { last_notification_batch: null, storage_key: null };
    await cms.call('PUT', path(file.documentId), { data: cleared });
    const { body } = await cms.call('GET', path(file.documentId));
    expect(answer.parse(body).data).toEqual({ ...file, ...change, ...cleared });
    for (const data of [{ notification_sent: 'yes' }, { name: '' }, { documentId: 'other' }])
      expect((await cms.call('PUT', path(file.documentId), { data })).status).toBe(400);
  });

  it('are deleted by documentId, once, and never by number', async () => {
    const file = await register();
    expect((await cms.call('DELETE', path(file.id))).status).toBe(404);
    for (const id of [anyNumber(), 'unknown', '\u0000', '-1'])
      for (const [method, body] of [['GET'], ['PUT', { data: {} }], ['DELETE']] as const)
        expect((await cms.call(method, path(id), body)).status).toBe(404);
    expect((await cms.call('GET', path(file.documentId))).status).toBe(200);
    const removals = [1, 2, 3].map(() => cms.call('DELETE', path(file.documentId)));
    const statuses = (await Promise.all(removals)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, 404, 404]);
    expect((await cms.call('GET', path(file.documentId))).status).toBe(404);
    const digits = String(anyNumber());
    await register({ documentId: digits });
    expect((await cms.call('DELETE', path(digits))).status).toBe(204);
  });
});
