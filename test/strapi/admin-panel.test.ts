import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPanel, type Panel, startSystemOnStrapi, strapi } from '../support/strapi-cms.ts';
import { documentId, event, person, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** What a person does in Strapi's admin panel, by the requests the panel makes for each click. */

const PANEL =
  '/content-manager/collection-types/api::user-notification-preference.user-notification-preference';
const COMPANIES = '/content-manager/collection-types/api::company.company';
const SETTINGS = {
  notification_enabled: true,
  batch_size_threshold: 5,
  notification_delay_minutes: 30,
  email_format: 'html',
  include_success_details: true,
  include_error_details: true,
};

let system: System;
let panel: Panel;
let company: { id: number; documentId: string };
let bot: { id: number; documentId: string };
let ada: string;

beforeAll(async () => {
  panel = await openPanel();
  system = await startSystemOnStrapi();
  const create = async (type: string) =>
    (await strapi.call('POST', `/api/${type}`, { data: { name: 'Acme' } })).body.data;
  [company, bot] = [await create('companies'), await create('bots')];
});
afterAll(() => system.stop());
beforeEach(() => {
  ada = person();
});

/** A relation as the panel's picker sends it. */
const picked = ({ id, documentId }: { id: number; documentId: string }) => ({
  connect: [{ id, documentId, position: { end: true } }],
  disconnect: [],
});
const addByHand = (settings: object = {}) =>
  panel.call('POST', PANEL, {
    ...SETTINGS,
    user_email: ada,
    company: picked(company),
    bot: picked(bot),
    ...settings,
  });
const byUser = async () => {
  const path = `/api/user-notification-preferences/by-user/${company.id}/${bot.id}/${ada}`;
  return (await strapi.call('GET', path)).body;
};
async function openBatch() {
  await system.push(event(ada, documentId(), { company_id: company.id, bot_id: bot.id }));
  await system.applied();
}
const batch = async () => (await system.call('GET', `/api/batches?user_email=${ada}`)).body.data[0];
const delayBecomes = (minutes: number) =>
  until(`the open batch waits ${minutes} minutes`, async () => {
    const { due_at, batch_start_time, status } = await batch();
    expect(status).toBe('processing');
    return Math.round((Date.parse(due_at) - Date.parse(batch_start_time)) / 60_000) === minutes;
  });

/** What Tidings was told of the person and took, in the order it happened; the panel lists it. */
async function told(): Promise<string[]> {
  const list = '/content-manager/collection-types/api::webhook-message.webhook-message';
  const { body } = await panel.call('GET', `${list}?sort=id:ASC&pageSize=100`);
  const { results } = body as unknown as {
    results: { payload: string; delivered_at: string | null }[];
  };
  return results
    .filter(({ delivered_at }) => delivered_at !== null)
    .map(({ payload }) => JSON.parse(payload))
    .filter(({ user_email }) => user_email === ada)
    .map(({ action }) => action);
}

describe('a person in the admin panel', () => {
  it('re-times an open batch by adding, changing and deleting preferences', async () => {
    await openBatch();
    await delayBecomes(30);
    const added = await addByHand({ notification_delay_minutes: 600 });
    expect(added.status).toBe(201);
    await delayBecomes(600);
    const { documentId } = added.body.data;
    const changed = await panel.call('PUT', `${PANEL}/${documentId}`, {
      notification_delay_minutes: 90,
    });
    expect(changed.status).toBe(200);
    await delayBecomes(90);
    expect((await panel.call('DELETE', `${PANEL}/${documentId}`)).status).toBe(200);
    await delayBecomes(30);
    await until('all of it was told', async () => (await told()).length === 3);
    expect(await told()).toEqual(['created', 'updated', 'deleted']);
  });

  it('closes an open batch by a threshold it has reached', async () => {
    await openBatch();
    const { body } = await addByHand();
    await panel.call('PUT', `${PANEL}/${body.data.documentId}`, { batch_size_threshold: 1 });
    await system.mails(ada);
    expect(await batch()).toMatchObject({ closed_by: 'threshold', total_files: 1 });
  });

  it('deletes several at once, and each is told', async () => {
    await openBatch();
    const { body } = await addByHand({ notification_delay_minutes: 700 });
    await delayBecomes(700);
    const { documentId } = body.data;
    const path = `${PANEL}/actions/bulkDelete`;
    expect((await panel.call('POST', path, { documentIds: [documentId] })).status).toBe(200);
    await delayBecomes(30);
  });

  it('cannot make what the contract does not have', async () => {
    const email = ada;
    ada = ada.toUpperCase();
    const first = await addByHand({ notification_delay_minutes: 60 });
    ada = email;
    expect(await byUser()).toMatchObject({
      data: { notification_delay_minutes: 60, user_email: email },
      fallback_applied: false,
    });
    const path = `${PANEL}/${first.body.data.documentId}`;
    const before = await byUser();
    for (const reply of [
      await addByHand(),
      await addByHand({ company: picked(company), bot: { connect: [], disconnect: [] } }),
      await panel.call('PUT', path, { batch_size_threshold: 101 }),
      await panel.call('PUT', path, { notification_delay_minutes: 0 }),
      await panel.call('PUT', path, { email_format: 'pdf' }),
      await panel.call('PUT', path, { notification_enabled: null }),
      await panel.call('PUT', path, {
        company: { connect: [], disconnect: [picked(company).connect[0]] },
      }),
      await panel.call('PUT', `${COMPANIES}/${company.documentId}`, {
        default_notification_settings: { batch_size_threshold: 101 },
      }),
    ])
      expect(reply.status).toBe(400);
    expect(await byUser()).toEqual(before);
  });

  it('moves preferences to another bot', async () => {
    await addByHand({ notification_delay_minutes: 60 });
    const { id, documentId } = (await byUser()).data as typeof bot;
    expect(id).toBeGreaterThan(0);
    const other = (await strapi.call('POST', '/api/bots', { data: { name: 'Other' } })).body.data;
    const { status } = await panel.call('PUT', `${PANEL}/${documentId}`, { bot: picked(other) });
    expect(status).toBe(200);
    expect((await byUser()).fallback_applied).toBe(true);
    const { body } = await strapi.call('GET', `/api/user-notification-preferences/${documentId}`);
    expect(body.data).toMatchObject({ id, bot: { id: other.id } });
  });

  it('adds a company although its number was taken by a preference', async () => {
    const first = await panel.call('POST', COMPANIES, { name: 'First' });
    const taken = Number(first.body.data.id) + 1;
    const data = { company: taken, bot: bot.id, user_email: ada };
    expect((await strapi.call('POST', '/api/user-notification-preferences', { data })).status).toBe(
      201,
    );
    const second = await panel.call('POST', COMPANIES, { name: 'Second' });
    expect(second.status).toBe(201);
    expect(second.body.data.id).toBe(taken + 1);
  });
});
