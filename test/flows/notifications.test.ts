import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What people get to read, and what they are spared, by their own settings. */

let system: System;
beforeAll(async () => {
  system = await startSystem({ webhooks: true });
});
afterAll(() => system.stop());

let ada: string;
beforeEach(() => {
  ada = person();
});

const PREFERENCES = '/api/user-notification-preferences';
async function prefers(settings: object): Promise<string> {
  const data = { company: 1, bot: 1, user_email: ada, ...settings };
  const { status, body } = await system.cms.call('POST', PREFERENCES, { data });
  expect(status).toBe(201);
  return `${PREFERENCES}/${body.data.id}`;
}
const changes = async (path: string, data: object) =>
  expect((await system.cms.call('PUT', path, { data })).status).toBe(200);

const listed = async (what: 'batches' | 'emails') =>
  (await system.call('GET', `/api/${what}?user_email=${ada}`)).body.data;
const batch = async () => (await listed('batches'))[0];
const suppressed = () =>
  until('the mail is suppressed', async () => {
    const [mail] = await listed('emails');
    return mail?.send_status === 'suppressed' && mail.suppressed_reason;
  });
async function reported(): Promise<void> {
  await system.applied();
  await system.makeDue(ada);
}

describe('settings', () => {
  it('off sends nothing and says why', async () => {
    await prefers({ notification_enabled: false });
    await system.push(event(ada, documentId()));
    await reported();
    expect(await suppressed()).toBe('notifications_disabled');
    expect(await system.inbox(ada)).toEqual([]);
  });

  it('text sends no HTML part', async () => {
    await prefers({ email_format: 'text' });
    await system.push(event(ada, documentId()));
    await reported();
    const [mail] = await system.mails(ada);
    expect(mail?.html).toBe('');
    expect(mail?.headers['content-type']).toMatch(/^text\/plain/);
    const [{ id }] = await listed('emails');
    expect((await system.call('GET', `/api/emails/${id}/html`)).status).toBe(404);
  });

  it('without success details counts successes and names failures', async () => {
    await prefers({ include_success_details: false });
    const [ready, broken] = [documentId('ready'), documentId('broken')];
    await system.push(event(ada, ready), failure(ada, broken));
    await reported();
    const [mail] = await system.mails(ada);
    expect(mail?.subject).toBe('1 file ready, 1 failed');
    for (const part of [mail?.text, mail?.html]) {
      expect(part).toContain(broken);
      expect(part).not.toContain(ready);
    }
  });

  it('without error details names failed files and no reasons', async () => {
    await prefers({ include_error_details: false });
    const broken = documentId('broken');
    await system.push(failure(ada, broken));
    await reported();
    const [mail] = await system.mails(ada);
    for (const part of [mail?.text, mail?.html]) {
      expect(part).toContain(broken);
      expect(part).not.toContain('the parser gave up');
      expect(part).not.toContain('could not be read');
    }
  });

  it('threshold and delay are the person’s own', async () => {
    await prefers({ batch_size_threshold: 2, notification_delay_minutes: 7 });
    await system.push(event(ada, documentId()));
    await system.applied();
    const { batch_start_time, due_at, ...open } = await batch();
    expect(Date.parse(due_at) - Date.parse(batch_start_time)).toBeCloseTo(7 * 60_000, -4);
    expect(open.preferences_source).toBe('cms');
    await system.push(event(ada, documentId()));
    await system.mails(ada);
    expect(await batch()).toMatchObject({ closed_by: 'threshold', total_files: 2 });
  });
});

describe('a change while the batch is open', () => {
  it('of the delay re-times it', async () => {
    const row = await prefers({ notification_delay_minutes: 60 });
    await system.push(event(ada, documentId()));
    await system.applied();
    await changes(row, { notification_delay_minutes: 2 });
    await until('the batch is due sooner', async () => {
      const { batch_start_time, due_at } = await batch();
      return Date.parse(due_at) - Date.parse(batch_start_time) < 3 * 60_000;
    });
    expect(await batch()).toMatchObject({ status: 'processing' });
    const job = await system.deps.producer
      .queue('batch-close')
      .getJob(`close-${(await batch()).batch_id}`);
    expect(job!.timestamp + job!.delay).toBeLessThan(Date.now() + 3 * 60_000);
  });

  it('to a threshold that is reached already closes it', async () => {
    const row = await prefers({ batch_size_threshold: 10 });
    await system.push(event(ada, documentId()), event(ada, documentId()));
    await system.applied();
    await changes(row, { batch_size_threshold: 2 });
    await system.mails(ada);
    expect(await batch()).toMatchObject({ closed_by: 'threshold', total_files: 2 });
  });

  it('to off suppresses its mail, and a deleted row brings the defaults back', async () => {
    const row = await prefers({ batch_size_threshold: 10 });
    await system.push(event(ada, documentId()));
    await system.applied();
    const snapshot = (seen: (settings: Record<string, unknown>) => boolean) =>
      until('the snapshot has followed', async () =>
        seen((await batch()).user_preferences_snapshot),
      );
    await changes(row, { notification_enabled: false });
    await snapshot((settings) => settings.notification_enabled === false);
    expect((await system.cms.call('DELETE', row)).status).toBe(204);
    await snapshot((s) => s.notification_enabled === true && s.batch_size_threshold === 5);
    await prefers({ notification_enabled: false });
    await snapshot((settings) => settings.notification_enabled === false);
    await system.makeDue(ada);
    expect(await suppressed()).toBe('notifications_disabled');
  });
});

it('turned off between the close and the sending still sends nothing', async () => {
  const row = await prefers({ notification_enabled: true });
  const sending = system.deps.producer.queue('email-send');
  await sending.pause();
  await system.push(event(ada, documentId()));
  await reported();
  await until('the mail is rendered', async () => (await listed('emails'))[0]?.rendered_at);
  await changes(row, { notification_enabled: false });
  const path = `/api/user-notification-preferences/by-user/1/1/${ada}`;
  await until('the change is known', async () => {
    const { body } = await system.call('GET', path);
    return body.data.notification_enabled === false;
  });
  await sending.resume();
  expect(await suppressed()).toBe('notifications_disabled');
  expect(await system.inbox(ada)).toEqual([]);
});
