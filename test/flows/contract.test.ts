import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { httpContractLab } from '../support/http-contract-lab.ts';

/** The HTTP contract: every route is described, and answers as described. */

const ROUTES = `
  post /api/file-events
  post /api/corrections
  post /webhooks/preference-updated
  get /api/user-notification-preferences/by-user/{companyId}/{botId}/{userEmail}
  get /api/batches
  get /api/batches/{batch_id}
  post /api/batches/{batch_id}/close
  get /api/emails
  get /api/emails/{id}
  get /api/emails/{id}/html
  post /api/emails/{id}/resend
  post /api/emails/{id}/mark-sent
  get /api/corrections
  get /api/corrections/{id}
  post /api/corrections/{id}/retry
  post /api/corrections/{id}/approve
  post /api/corrections/{id}/cancel
  get /api/errors
  patch /api/errors/{id}
  get /api/files/{document_id}/timeline
  get /api/queues
  post /api/queues/{name}/replay
  get /api/audit
  get /health
  get /health/live
  get /health/ready
  get /metrics`
  .trim()
  .split('\n')
  .map((line) => line.trim().split(' ') as [string, string]);

const lab = httpContractLab();

describe('the document', () => {
  it('names the version of OpenAPI it is in', () => expect(lab.document.openapi).toMatch(/^3\./));

  it.each(ROUTES)('describes %s %s, which answers as described', async (method, path) => {
    const operation = lab.document.paths[path]?.[method];
    expect(Object.keys(operation ?? {})).toContain('responses');
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => lab.known[name]!);
    const body = method === 'get' ? undefined : (lab.bodies[path] ?? {});
    const { status } = await lab.system.call(method.toUpperCase(), filled, body);
    expect(Object.keys(operation!.responses)).toContain(String(status));
    expect([400, 401, 403, 404]).not.toContain(status);
    expect(status).toBeLessThan(500);
  });

  /** Every operation, with its path filled in. */
  const operations = () =>
    Object.entries(lab.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{(\w+)\}/g, (_, name: string) => lab.known[name] ?? '1'),
        ...operation,
      })),
    );
  const send = async (method: string, path: string, type: string, body?: string) => {
    const authorization = `Bearer ${lab.system.deps.config.ADMIN_API_KEY[0]}`;
    const headers = { authorization, 'content-type': type };
    const response = await fetch(lab.system.url + path, { method, headers, body });
    await response.text();
    return response.status;
  };

  it('says that a list refuses what it cannot be narrowed by', async () => {
    const refusing: string[] = [];
    for (const [path, { get }] of Object.entries(lab.document.paths)) {
      if (!get || path.includes('{')) continue;
      const { status } = await lab.system.call('GET', `${path}?limit=0`);
      expect([path, Object.keys(get.responses)]).toEqual([
        path,
        expect.arrayContaining([`${status}`]),
      ]);
      if (status === 400) refusing.push(path);
    }
    expect(refusing).toHaveLength(6);
  });

  it('says what comes of a body that is too large or of another kind', async () => {
    const taking = operations().filter(({ requestBody }) => requestBody);
    expect(taking.length).toBeGreaterThan(8);
    for (const { method, path, requestBody, responses } of taking) {
      const [type = ''] = Object.keys(requestBody?.content ?? {});
      expect([path, await send(method, path, 'image/png', 'x')]).toEqual([path, 415]);
      const large = JSON.stringify('x'.repeat(5 * 2 ** 20));
      expect([path, await send(method, path, type, large)]).toEqual([path, 413]);
      expect([path, Object.keys(responses)]).toEqual([
        path,
        expect.arrayContaining(['400', '413', '415']),
      ]);
    }
  });

  it('says where a body may be left out, whether or not a client names the length of none', async () => {
    const optional = operations().filter(({ requestBody }) => requestBody?.required === false);
    expect(optional.map(({ path }) => path)).toEqual(['/api/queues/corrections/replay']);
    const authorization = `Bearer ${lab.system.deps.config.ADMIN_API_KEY[0]}`;
    const lengths = [
      {},
      { 'content-length': '0' },
      { 'content-length': '0', 'content-type': 'x/y' },
    ];
    for (const { method, path, requestBody } of operations())
      for (const length of requestBody ? lengths : []) {
        const headers = { authorization, ...length };
        const status = await new Promise<number | undefined>((resolve, reject) =>
          request(lab.system.url + path, { method, headers }, (answer) => {
            answer.resume().once('end', () => resolve(answer.statusCode));
          })
            .once('error', reject)
            .end(),
        );
        const refused = path === '/webhooks/sendgrid' ? 404 : 400;
        const expected = requestBody?.required ? refused : 202;
        expect([path, length, status]).toEqual([path, length, expected]);
      }
  });

  it('says what the webhooks of providers refuse', async () => {
    const message = { MessageId: '1', TopicArn: 'arn:other', Message: '{}', Timestamp: 'now' };
    const signed = { SignatureVersion: '2', Signature: 'x', SigningCertURL: 'https://x.example' };
    const body = JSON.stringify({ Type: 'Notification', ...message, ...signed });
    for (const [path, status] of [
      ['/webhooks/ses', 403],
      ['/webhooks/sendgrid', 404],
    ] as const) {
      expect(await send('POST', path, 'application/json', body)).toBe(status);
      const { responses } = lab.document.paths[path]!.post!;
      expect(Object.keys(responses)).toEqual(expect.arrayContaining([String(status), '401']));
    }
  });

  it('refers to nothing that is not in it', () => {
    const text = JSON.stringify(lab.document);
    for (const [, path] of text.matchAll(/"\$ref":"#([^"]+)"/g)) {
      const found = path!
        .split('/')
        .slice(1)
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], lab.document);
      expect([path, typeof found]).toEqual([path, 'object']);
    }
  });
});

it('the page shows every route and loads nothing', async () => {
  const { status, headers, body } = await lab.system.call('GET', '/docs');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  for (const [, path] of ROUTES) expect(body).toContain(path);
  expect(body).not.toMatch(/<script|src=|@import|url\(/);
});

it('the page says what each parameter may be, shows examples and tells methods apart', async () => {
  const { body } = await lab.system.call('GET', '/docs');
  expect(body).toContain(
    '<code>limit</code> in query: integer, 1 to 200, default <code>50</code></li>',
  );
  expect(body).toContain('<code>id</code> in path, required: integer, at least 1</li>');
  expect(body).toContain(
    'in query: string, one of <code>hard_bounce</code>, <code>complaint</code>',
  );
  expect(body).toContain('<code>batch_id</code> in path, required: string (uuid)</li>');
  expect(body).toContain('in query: string, 1 to 255 characters</li>');
  const methods = new Set(Object.values(lab.document.paths).flatMap((path) => Object.keys(path)));
  for (const method of methods) expect(body).toContain(`.${method}{color:#`);
  const { requestBody } = lab.document.paths['/api/file-events']!.post!;
  const { example } = requestBody!.content['application/json']!.schema;
  expect(body).toContain('<h3>Example</h3>');
  await lab.system.push(...example!.events);
});
