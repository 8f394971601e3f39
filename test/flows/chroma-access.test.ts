import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditStores } from '../../src/workers/audit-stores.ts';
import { type ChromaHttp, openChroma } from '../support/chroma-http.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/**
 * Chroma as others run it: behind a token, in a tenant and database of their own, with a collection for
 * each company. The open server checks no tokens, so a proxy does, in front of the real one.
 */

const real = stackEnv().CHROMA_URL!;
const TOKEN = `token-${randomUUID()}`;

/** Hands on what carries the token, refuses the rest with 401. */
function tokenProxy(accepts: (headers: IncomingHttpHeaders) => boolean): Server {
  const { hostname: host, port } = new URL(real);
  return createServer((asked, answer) => {
    const { method, url: path, headers } = asked;
    if (!accepts(headers)) return void answer.writeHead(401).end('{"error":"who are you"}');
    const onward = request({ host, port, method, path, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => asked.destroy());
    asked.pipe(onward);
  });
}

async function create(path: string, name: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name });
  const response = await fetch(`${real}/api/v2/tenants${path}`, { method: 'POST', headers, body });
  expect(response.ok, await response.text()).toBe(true);
}

describe.each([
  ['authorization', (headers: IncomingHttpHeaders) => headers.authorization === `Bearer ${TOKEN}`],
  ['x-chroma-token', (headers: IncomingHttpHeaders) => headers['x-chroma-token'] === TOKEN],
])('with the token in %s', (CHROMA_TOKEN_HEADER, holdsToken) => {
  const [tenant, database] = [`tenant-${randomUUID()}`, `database-${randomUUID()}`];
  const prefix = `chroma-access-${randomUUID()}`;
  const operator = person('operator');
  let system: System;
  let proxy: Server;
  let refusing = false;
  let one: ChromaHttp;
  let two: ChromaHttp;
  /** Of the same name as the first company's, in the database everybody gets by default. */
  let elsewhere: ChromaHttp;

  beforeAll(async () => {
    await create('', tenant);
    await create(`/${tenant}/databases`, database);
    one = await openChroma(real, { tenant, database, name: `${prefix}-1` });
    two = await openChroma(real, { tenant, database, name: `${prefix}-2` });
    elsewhere = await openChroma(real, { name: `${prefix}-1` });
    proxy = tokenProxy((headers) => !refusing && holdsToken(headers));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    system = await startSystem({
      env: {
        CHROMA_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        CHROMA_TENANT: tenant,
        CHROMA_DATABASE: database,
        CHROMA_TOKEN: TOKEN,
        CHROMA_TOKEN_HEADER,
        CHROMA_COLLECTION: `${prefix}-{company_id}`,
        CORRECTION_QUARANTINE_DAYS: '7',
        CORRECTION_SECOND_LOOK_SECONDS: '0',
        OPERATOR_EMAIL: operator,
      },
    });
  });
  afterAll(async () => {
    await system.stop();
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    await Promise.all([one, two, elsewhere].map((collection) => collection.drop()));
  });

  const error = { category: 'storage_error', message: 'upsert failed' };
  const fail = (document: string, company_id: number) =>
    system.push(failure(person(), document, { company_id, error }));
  const correction = (document: string, status: string) =>
    until(`the correction is ${status}`, async () => {
      const query = `file_document_id=${document}&status=${status}`;
      return (await system.call('GET', `/api/corrections?${query}`)).body.data[0];
    });

  it('chunks go from the collection of their company, from no other, and come back there', async () => {
    const document = documentId();
    for (const collection of [one, two, elsewhere]) await collection.fill(document, 4, 3);
    const before = await one.digest(document);
    await fail(document, 1);
    const { id } = await correction(document, 'completed');
    const counts = async () => {
      const digests = [one, two, elsewhere].map((collection) => collection.digest(document));
      return (await Promise.all(digests)).map(({ count }) => count);
    };
    expect(await counts()).toEqual([0, 4, 4]);
    expect((await system.call('POST', `/api/corrections/${id}/restore`)).status).toBe(202);
    await until('it is restored', async () => {
      const { body } = await system.call('GET', `/api/corrections/${id}`);
      return body.data.restore.status === 'completed';
    });
    expect(await one.digest(document)).toEqual(before);
    expect(await counts()).toEqual([4, 4, 4]);
  });

  it('a refused token removes nothing and is told to an operator, without the token', async () => {
    const document = documentId();
    await one.fill(document, 2, 3);
    refusing = true;
    await fail(document, 1);
    const waiting = await until('the correction waits', async () => {
      const { body } = await system.call('GET', `/api/corrections?file_document_id=${document}`);
      return body.data[0]?.error_during_correction && body.data[0];
    });
    expect(waiting.error_during_correction).toContain('CHROMA_TOKEN must be allowed');
    const alert = await until('an operator is told', async () => {
      const mails = await system.inbox(operator);
      return mails.find(({ text }) => text.includes('CHROMA_TOKEN must be allowed'));
    });
    expect(`${alert.text}${alert.html}${JSON.stringify(waiting)}`).not.toContain(TOKEN);
    expect((await one.digest(document)).count).toBe(2);
    refusing = false;
    await correction(document, 'completed');
    expect((await one.digest(document)).count).toBe(0);
  });

  it('a company without a collection stops nobody else', async () => {
    const [homeless, document] = [documentId(), documentId()];
    await two.fill(document, 2, 3);
    await fail(homeless, 3);
    await fail(document, 2);
    await correction(document, 'completed');
    expect((await two.digest(document)).count).toBe(0);
    const { error_during_correction: why } = await correction(homeless, 'failed');
    expect(why).toContain('CHROMA_TENANT, CHROMA_DATABASE and CHROMA_COLLECTION');
    expect(system.deps.stores.chroma.rests()).toBe(false);
  });

  it('an audit reads every collection of the database, and none elsewhere', async () => {
    const [known, stray] = [documentId('known'), documentId('stray')];
    await one.fill(known, 1, 3);
    await two.fill(stray, 1, 3);
    await elsewhere.fill(documentId('elsewhere'), 1, 3);
    await system.push(event(person(), known, { company_id: 1, chunks_created: 1 }));
    await system.applied();
    const report = await auditStores(system.deps, {
      trigger: 'command',
      fix: false,
      examples: 50,
      signal: AbortSignal.timeout(30_000),
    });
    const told = JSON.stringify(report);
    expect(report?.not_looked_at).toEqual([]);
    expect(told).toContain(stray);
    expect(told).not.toMatch(/known-|elsewhere-/);
  });
});
