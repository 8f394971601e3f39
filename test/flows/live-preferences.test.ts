import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mailParsers } from '../support/mail-parsers.ts';
import { sendPreferenceWebhook } from '../support/preference-webhook.ts';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Changes that reach a batch while it is open or its mail is under way, told of by webhook. */

const SECRET = `whsec_${Buffer.from('a secret of the live changes').toString('base64')}`;
const PREFERENCES = '/api/user-notification-preferences';

let system: System;
beforeAll(async () => {
  system = await startSystem({ webhooks: true, env: { WEBHOOK_SECRET: SECRET } });
});
afterAll(() => system.stop());

let ada: string;
beforeEach(() => {
  ada = person();
});

async function prefers(settings: object): Promise<string> {
  const data = { company: 1, bot: 1, user_email: ada, ...settings };
  const { status, body } = await system.cms.call('POST', PREFERENCES, { data });
  expect(status).toBe(201);
  return `${PREFERENCES}/${body.data.id}`;
}
const changes = async (path: string, data: object) =>
  expect((await system.cms.call('PUT', path, { data })).status).toBe(200);
const batches = async () => (await system.call('GET', `/api/batches?user_email=${ada}`)).body.data;
const snapshot = async () => (await batches())[0].user_preferences_snapshot;

/** A webhook as the CMS signs it, whatever it says. */
const webhook = (preferences: object | null, action = 'updated') =>
  sendPreferenceWebhook(system, SECRET, {
    action,
    company_id: 1,
    bot_id: 1,
    user_email: ada,
    preferences,
  });

describe('a batch that is open', () => {
  it('is mailed within seconds when the delay becomes shorter than it has waited', async () => {
    const row = await prefers({ notification_delay_minutes: 60 });
    await system.push(event(ada, documentId()));
    await system.applied();
    // Moves the clock: the batch has been open for ten minutes.
    await system.deps.db.sql`
      update batch_processing_sessions set batch_start_time = batch_start_time - interval '10 minutes',
        due_at = due_at - interval '10 minutes'
      where user_email = ${ada}`;
    const began = Date.now();
    await changes(row, { notification_delay_minutes: 5 });
    await system.mails(ada);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(await batches()).toMatchObject([{ closed_by: 'due', preferences_source: 'cms' }]);
  });

  it('is mailed after all when notifications were off and are on again', async () => {
    const row = await prefers({ batch_size_threshold: 10 });
    await system.push(event(ada, documentId()));
    await system.applied();
    for (const notification_enabled of [false, true]) {
      await changes(row, { notification_enabled });
      await until(
        'the batch has followed',
        async () => (await snapshot()).notification_enabled === notification_enabled,
      );
    }
    await system.makeDue(ada);
    await system.mails(ada);
  });

  it('takes what the CMS says, not what a webhook says, however often and in whatever order', async () => {
    await prefers({ batch_size_threshold: 2, notification_delay_minutes: 7 });
    await system.push(event(ada, documentId()));
    await system.applied();
    const lies = [
      { notification_enabled: false },
      { batch_size_threshold: 1 },
      { notification_delay_minutes: 1440 },
      null,
    ];
    const sent = Array.from({ length: 40 }, (_, index) =>
      webhook(lies[index % lies.length]!, index % 3 === 0 ? 'deleted' : 'updated'),
    );
    expect(new Set(await Promise.all(sent))).toEqual(new Set([202]));
    await until('the batch has been looked at', async () => {
      const [open] = await batches();
      return open.preferences_stale_at === null;
    });
    expect(await batches()).toMatchObject([
      {
        status: 'processing',
        user_preferences_snapshot: { batch_size_threshold: 2, notification_delay_minutes: 7 },
      },
    ]);
    await system.push(event(ada, documentId()));
    await system.mails(ada);
    expect(await batches()).toMatchObject([{ closed_by: 'threshold', total_files: 2 }]);
  });

  it('is none that a webhook about nobody opens', async () => {
    expect(await webhook({ notification_enabled: false })).toBe(202);
    expect(await batches()).toEqual([]);
  });
});

describe('a mail under way', () => {
  /** The mail is rendered by the settings its batch was closed with, and waits to be sent. */
  async function rendered(
    events = [event(ada, documentId('ready')), failure(ada, documentId('broken'))],
  ): Promise<() => Promise<void>> {
    const sending = system.deps.producer.queue('email-send');
    await sending.pause();
    await system.push(...events);
    await system.applied();
    await system.makeDue(ada);
    await until('the mail is rendered', async () => {
      const { body } = await system.call('GET', `/api/emails?user_email=${ada}`);
      return body.data[0]?.rendered_at;
    });
    return () => sending.resume();
  }
  async function known(seen: (settings: Record<string, unknown>) => boolean): Promise<void> {
    const path = `${PREFERENCES}/by-user/1/1/${ada}`;
    await until('the change is known', async () =>
      seen((await system.call('GET', path)).body.data),
    );
  }

  it('comes in the format, language and detail its reader wants by then', async () => {
    const row = await prefers({ email_format: 'html', notification_delay_minutes: 7 });
    const resume = await rendered();
    await changes(row, { email_format: 'text', include_error_details: false, locale: 'de' });
    await known((settings) => settings.email_format === 'text');
    await resume();
    const [mail] = await system.mails(ada);
    expect(mail?.html).toBe('');
    expect(mail?.text).not.toContain('the parser gave up');
    expect(mail?.subject).toMatch(/Datei/);
    expect(await system.inbox(ada)).toHaveLength(1);
    expect(await snapshot()).toMatchObject({
      email_format: 'text',
      locale: 'de',
      notification_delay_minutes: 7,
    });
    const sent = await until('the answer is written down', async () => {
      const { body } = await system.call('GET', `/api/emails?user_email=${ada}`);
      return body.data[0]?.send_status === 'sent' && body.data;
    });
    expect(sent).toMatchObject([{ send_attempts: 1 }]);
    expect((await system.call('GET', `/api/emails/${sent[0].id}/html`)).status).toBe(404);
  });

  it('has attached what its reader wants by then as well', async () => {
    const row = await prefers({ batch_size_threshold: 100 });
    const failures = Array.from({ length: 30 }, (_, nth) => failure(ada, documentId(`nth${nth}`)));
    const resume = await rendered(failures);
    await changes(row, { include_error_details: false });
    await known((settings) => settings.include_error_details === false);
    await resume();
    const [mail] = await system.mails(ada);
    const raw = await fetch(`${system.env.INBOX_URL}/api/messages/${mail?.id}/raw`);
    const [parser] = mailParsers();
    const [parsed] = await parser!.parse([Buffer.from(await raw.arrayBuffer())]);
    const list = Buffer.from(parsed!.attachments[0]!.content, 'base64').toString();
    expect(list).toContain('nth29');
    expect(list).not.toContain('the parser gave up');
  });

  it('is left as it is by a change that is only about when', async () => {
    const row = await prefers({ notification_delay_minutes: 7 });
    const resume = await rendered();
    const path = `/api/emails?user_email=${ada}`;
    const before = (await system.call('GET', path)).body.data[0].rendered_at;
    await changes(row, { notification_delay_minutes: 9, batch_size_threshold: 50 });
    await known((settings) => settings.batch_size_threshold === 50);
    await resume();
    await system.mails(ada);
    expect((await system.call('GET', path)).body.data[0].rendered_at).toBe(before);
    expect(await snapshot()).toMatchObject({ notification_delay_minutes: 7 });
  });
});
