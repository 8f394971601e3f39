import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentId, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

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

interface Operation {
  responses: Record<string, unknown>;
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: { example?: { events: object[] } } }>;
  };
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

let system: System;
let document: Document;
const known: Record<string, string> = { name: 'corrections', companyId: '1', botId: '1' };
const bodies: Record<string, object> = { '/api/errors/{id}': { resolution_status: 'manual_fix' } };

/** One failed file with its batch, mail, correction and error, so that every route finds something. */
beforeAll(async () => {
  system = await startSystem({ env: { WEBHOOK_SECRET: '' } });
  const [ada, file] = [person(), documentId()];
  const event = failure(ada, file);
  await system.push(event);
  await system.applied();
  await system.makeDue(ada);
  await system.mails(ada);
  const first = async (path: string) => (await system.call('GET', path)).body.data[0];
  const batch = await first('/api/batches');
  // The inbox has the mail a moment before its row says so.
  await until('the mail is sent', async () => (await first('/api/emails')).send_status === 'sent');
  Object.assign(known, { userEmail: ada, document_id: file, batch_id: batch.batch_id, id: '1' });
  bodies['/api/file-events'] = event;
  bodies['/api/corrections'] = {
    file_document_id: file,
    failure_category: 's3_error',
    error_message: 'AccessDenied',
  };
  bodies['/webhooks/preference-updated'] = {
    action: 'updated',
    company_id: 1,
    bot_id: 1,
    user_email: ada,
    timestamp: new Date().toISOString(),
  };
  document = (await system.call('GET', '/openapi.json')).body;
});
afterAll(() => system.stop());

describe('the document', () => {
  it('names the version of OpenAPI it is in', () => expect(document.openapi).toMatch(/^3\./));

  it.each(ROUTES)('describes %s %s, which answers as described', async (method, path) => {
    const operation = document.paths[path]?.[method];
    expect(Object.keys(operation ?? {})).toContain('responses');
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => known[name]!);
    const body = method === 'get' ? undefined : (bodies[path] ?? {});
    const { status } = await system.call(method.toUpperCase(), filled, body);
    expect(Object.keys(operation!.responses)).toContain(String(status));
    expect([400, 401, 403, 404]).not.toContain(status);
    expect(status).toBeLessThan(500);
  });

  /** Every operation, with its path filled in. */
  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '1'),
        ...operation,
      })),
    );
  const send = async (method: string, path: string, type: string, body?: string) => {
    const authorization = `Bearer ${system.deps.config.ADMIN_API_KEY[0]}`;
    const headers = { authorization, 'content-type': type };
    const response = await fetch(system.url + path, { method, headers, body });
    await response.text();
    return response.status;
  };

  it('says that a list refuses what it cannot be narrowed by', async () => {
    const refusing: string[] = [];
    for (const [path, { get }] of Object.entries(document.paths)) {
      if (!get || path.includes('{')) continue;
      const { status } = await system.call('GET', `${path}?limit=0`);
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
    const authorization = `Bearer ${system.deps.config.ADMIN_API_KEY[0]}`;
    const lengths = [
      {},
      { 'content-length': '0' },
      { 'content-length': '0', 'content-type': 'x/y' },
    ];
    for (const { method, path, requestBody } of operations())
      for (const length of requestBody ? lengths : []) {
        const headers = { authorization, ...length };
        const status = await new Promise<number | undefined>((resolve, reject) =>
          request(system.url + path, { method, headers }, (answer) => {
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
      const { responses } = document.paths[path]!.post!;
      expect(Object.keys(responses)).toEqual(expect.arrayContaining([String(status), '401']));
    }
  });

  it('refers to nothing that is not in it', () => {
    const text = JSON.stringify(document);
    for (const [, path] of text.matchAll(/"\$ref":"#([^"]+)"/g)) {
      const found = path!
        .split('/')
        .slice(1)
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
      expect([path, typeof found]).toEqual([path, 'object']);
    }
  });
});

it('the page shows every route and loads nothing', async () => {
  const { status, headers, body } = await system.call('GET', '/docs');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  for (const [, path] of ROUTES) expect(body).toContain(path);
  expect(body).not.toMatch(/<script|src=|@import|url\(/);
});

it('the page says what each parameter may be, shows examples and tells methods apart', async () => {
  const { body } = await system.call('GET', '/docs');
  expect(body).toContain(
    '<code>limit</code> in query: integer, 1 to 200, default <code>50</code></li>',
  );
  expect(body).toContain('<code>id</code> in path, required: integer, at least 1</li>');
  expect(body).toContain(
    'in query: string, one of <code>hard_bounce</code>, <code>complaint</code>',
  );
  expect(body).toContain('<code>batch_id</code> in path, required: string (uuid)</li>');
  expect(body).toContain('in query: string, 1 to 255 characters</li>');
  const methods = new Set(Object.values(document.paths).flatMap((path) => Object.keys(path)));
  for (const method of methods) expect(body).toContain(`.${method}{color:#`);
  const { requestBody } = document.paths['/api/file-events']!.post!;
  const { example } = requestBody!.content['application/json']!.schema;
  expect(body).toContain('<h3>Example</h3>');
  await system.push(...example!.events);
});

it('what is nowhere described is a 404 that says so', async () => {
  const { status, headers, body } = await system.call('GET', '/api/nowhere');
  expect([status, body.status]).toEqual([404, 404]);
  expect(headers.get('content-type')).toContain('application/problem+json');
});

it.each([
  [-1, 'older than five minutes'],
  [1, 'more than five minutes ahead'],
])('a webhook of a clock %s day off is refused as %s', async (days, how) => {
  const path = '/webhooks/preference-updated';
  const timestamp = new Date(Date.now() + days * 86_400_000).toISOString();
  const { status, body } = await system.call('POST', path, { ...bodies[path], timestamp });
  expect([status, body.detail]).toEqual([400, `The webhook is ${how}.`]);
  expect(body.errors).toEqual([{ path: 'timestamp', message: `is ${how}` }]);
});

it.each([
  ['GET', '/api/file-events', 'POST'],
  ['DELETE', '/api/batches', 'GET, HEAD'],
  ['GET', '/api/corrections/cancel', 'POST'],
  ['PATCH', '/api/corrections/1', 'GET, HEAD'],
  ['PUT', '/api/corrections', 'POST, GET, HEAD'],
  ['DELETE', '/api/emails/1/html/', 'GET, HEAD'],
  ['POST', '/openapi.json', 'GET, HEAD'],
  ['POST', '/health', 'GET, HEAD'],
])('%s %s is a path without that method: it takes %s', async (method, path, allow) => {
  const { status, headers, body } = await system.call(method, path);
  expect([status, body.status, headers.get('allow')]).toEqual([405, 405, allow]);
  expect(headers.get('content-type')).toContain('application/problem+json');
});

it('metrics carry the names operators were promised, and personal data nowhere', async () => {
  const { body } = await system.call('GET', '/metrics');
  for (const name of [
    'batch_sessions_created_total',
    'batch_sessions_completed_total',
    'batch_files_processed_total',
    'batch_processing_errors_total',
    'email_notifications_sent_total',
    'email_notification_errors_total',
    'email_send_latency_seconds',
    'auto_correction_tasks_created_total',
    'auto_correction_tasks_completed_total',
    'file_processing_errors_total',
    'audit_unaccounted_events',
  ])
    expect(body).toMatch(new RegExp(`^# TYPE ${name} `, 'm'));
  expect(body).toMatch(/^audit_unaccounted_events 0$/m);
  expect(body).toMatch(/^email_notifications_sent_total\S* [1-9]/m);
  expect(body).not.toContain('@');
});

it('health names each part', async () => {
  const { status, body } = await system.call('GET', '/health');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: 'healthy',
    services: { database: 'healthy', redis: 'healthy', email_service: 'healthy' },
    active_batches: expect.any(Number),
    pending_corrections: expect.any(Number),
  });
});

it('a file’s timeline tells its whole story', async () => {
  const { body } = await system.call('GET', `/api/files/${known.document_id}/timeline`);
  const kinds = body.data.map(({ kind }: { kind: string }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['event', 'reported', 'mail', 'correction']));
});
