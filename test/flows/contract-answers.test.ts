import { expect, it } from 'vitest';
import { httpContractLab } from '../support/http-contract-lab.ts';

/** What callers were promised of answers: how they refuse, metrics, health and a file’s timeline. */

const lab = httpContractLab();

it('what is nowhere described is a 404 that says so', async () => {
  const { status, headers, body } = await lab.system.call('GET', '/api/nowhere');
  expect([status, body.status]).toEqual([404, 404]);
  expect(headers.get('content-type')).toContain('application/problem+json');
});

it.each([
  [-1, 'older than five minutes'],
  [1, 'more than five minutes ahead'],
])('a webhook of a clock %s day off is refused as %s', async (days, how) => {
  const path = '/webhooks/preference-updated';
  const timestamp = new Date(Date.now() + days * 86_400_000).toISOString();
  const { status, body } = await lab.system.call('POST', path, { ...lab.bodies[path], timestamp });
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
  const { status, headers, body } = await lab.system.call(method, path);
  expect([status, body.status, headers.get('allow')]).toEqual([405, 405, allow]);
  expect(headers.get('content-type')).toContain('application/problem+json');
});

it('metrics carry the names operators were promised, and personal data nowhere', async () => {
  const { body } = await lab.system.call('GET', '/metrics');
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
  const { status, body } = await lab.system.call('GET', '/health');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: 'healthy',
    services: { database: 'healthy', redis: 'healthy', email_service: 'healthy' },
    active_batches: expect.any(Number),
    pending_corrections: expect.any(Number),
  });
});

it('a file’s timeline tells its whole story', async () => {
  const { body } = await lab.system.call('GET', `/api/files/${lab.known.document_id}/timeline`);
  const kinds = body.data.map(({ kind }: { kind: string }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['event', 'reported', 'mail', 'correction']));
});
