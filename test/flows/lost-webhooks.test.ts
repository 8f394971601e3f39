import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type CmsGate, cmsGate } from '../support/cms-gate.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** No webhook ever comes: open batches are compared with the CMS from time to time. */

const PREFERENCES = '/api/user-notification-preferences';

let system: System;
let gate: CmsGate;
beforeAll(async () => {
  gate = await cmsGate();
  system = await startSystem({
    env: { CMS_API_URL: gate.url, PREFERENCES_COMPARE_SECONDS: '1', SWEEP_INTERVAL_SECONDS: '0.2' },
  });
  gate.leadTo(system.cms.url);
});
afterAll(async () => {
  await system.stop();
  await gate.close();
});

let ada: string;
beforeEach(() => {
  ada = person();
  gate.open();
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

it('a lower threshold that is reached already closes the batch', async () => {
  const row = await prefers({ batch_size_threshold: 10 });
  await system.push(event(ada, documentId()), event(ada, documentId()));
  await system.applied();
  await changes(row, { batch_size_threshold: 2 });
  await system.mails(ada);
  expect(await batches()).toMatchObject([{ closed_by: 'threshold', total_files: 2 }]);
});

it('off suppresses, and what was cached before the batch opened does not last', async () => {
  const row = await prefers({ notification_enabled: true });
  const path = `${PREFERENCES}/by-user/1/1/${ada}`;
  expect((await system.call('GET', path)).body.source).toBe('cms');
  // Between the look at the preferences and the opening of the batch.
  await changes(row, { notification_enabled: false, notification_delay_minutes: 3 });
  await system.push(event(ada, documentId()));
  await system.applied();
  const [open] = await batches();
  expect(open.preferences_source).toBe('cache');
  await until('the batch has followed', async () => {
    const [{ user_preferences_snapshot: now, due_at, batch_start_time }] = await batches();
    const delay = Date.parse(due_at) - Date.parse(batch_start_time);
    return now.notification_enabled === false && delay === 3 * 60_000;
  });
  await system.makeDue(ada);
  await until('the mail is suppressed', async () => {
    const { body } = await system.call('GET', `/api/emails?user_email=${ada}`);
    return body.data[0]?.suppressed_reason === 'notifications_disabled';
  });
  expect(await system.inbox(ada)).toEqual([]);
});

it('a batch opened by our defaults gets its own preferences when the CMS is back', async () => {
  await prefers({ batch_size_threshold: 2, notification_delay_minutes: 7 });
  gate.shut();
  await system.push(event(ada, documentId()));
  await system.applied();
  expect(await batches()).toMatchObject([{ preferences_source: 'defaults' }]);
  gate.open();
  await until('the CMS was asked again', async () => {
    const [batch] = await batches();
    return batch.preferences_source === 'cms';
  });
  expect(await batches()).toMatchObject([
    {
      status: 'processing',
      user_preferences_snapshot: { batch_size_threshold: 2, notification_delay_minutes: 7 },
    },
  ]);
  await system.push(event(ada, documentId()));
  await system.mails(ada);
});

it('a hundred batches cost one question at a time', async () => {
  const people = Array.from({ length: 100 }, () => person());
  await system.push(...people.map((one) => event(one, documentId())));
  await system.applied();
  const [before, began] = [gate.questions(), Date.now()];
  const rounds = async () => {
    const [row] = await system.deps.db.sql<{ next: Date }[]>`
      select min(preferences_compare_at) as next from batch_processing_sessions
      where status = 'processing'`;
    return row!.next.getTime();
  };
  const first = await rounds();
  await until('all were compared twice', async () => (await rounds()) > first + 2000);
  const { bulk, by_user } = gate.questions();
  expect(bulk - before.bulk).toBeGreaterThanOrEqual(2);
  // A batch is compared twice in a second at most, and with it all that are due: not one by one, however
  // long this machine takes to see that they were.
  expect(bulk - before.bulk).toBeLessThan(8 + 6 * ((Date.now() - began) / 1000));
  expect(by_user).toBe(before.by_user);
});
