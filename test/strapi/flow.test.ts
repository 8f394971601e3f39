import { afterAll, beforeAll, expect, it } from 'vitest';
import { EVERYTHING, type Leftovers, NOTHING, openLeftovers } from '../support/leftovers.ts';
import { stackEnv } from '../support/stack-env.ts';
import { startSystemOnStrapi, strapi } from '../support/strapi-cms.ts';
import { documentId, event, failure, person, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** The whole way of an event with Strapi as the CMS. */

let system: System;
let leftovers: Leftovers;
beforeAll(async () => {
  leftovers = await openLeftovers(stackEnv());
  system = await startSystemOnStrapi({ env: { CHROMA_COLLECTION: leftovers.collection } });
});
afterAll(async () => {
  await system.stop();
  await leftovers.close();
});

const create = async (type: string, data: object) =>
  (await strapi.call('POST', `/api/${type}`, { data })).body.data.id;

it('goes from event to mail, to the record of what was reported, to the removal of what failed', async () => {
  const company_id = await create('companies', {
    name: 'Acme',
    default_notification_settings: { batch_size_threshold: 2, notification_delay_minutes: 9 },
  });
  const bot_id = await create('bots', { name: 'Helper' });
  const ada = person();
  const [ready, broken] = [documentId('ready'), documentId('broken')];
  const owner = { company_id, bot_id };
  const keys = [await leftovers.put(ready, strapi), await leftovers.put(broken, strapi)];

  await system.push(event(ada, ready, { ...owner, storage_key: keys[0] }));
  await system.applied();
  const open = (await system.call('GET', `/api/batches?user_email=${ada}`)).body.data[0];
  expect(open).toMatchObject({ status: 'processing', preferences_source: 'cms' });
  expect(Date.parse(open.due_at) - Date.parse(open.batch_start_time)).toBeCloseTo(9 * 60_000, -4);

  await system.push(failure(ada, broken, { ...owner, storage_key: keys[1] }));
  const [mail] = await system.mails(ada);
  expect(mail?.subject).toBe('1 file ready, 1 failed');
  expect(mail?.text).toContain(broken);

  const record = await until('Strapi knows that the file was reported', async () => {
    const { body } = await strapi.call('GET', `/api/files/${ready}`);
    return body.data.notification_sent === true && body.data;
  });
  expect(record.last_notification_batch).toBe(open.batch_id);
  await until('nothing is left of the failed file', async () => {
    const left = await leftovers.left(broken, strapi);
    return JSON.stringify(left) === JSON.stringify(NOTHING);
  });
  expect(await leftovers.left(ready, strapi)).toEqual(EVERYTHING);
  const { body } = await system.call('GET', '/api/audit');
  expect(body.data).toMatchObject({ accepted: 2, reported: 2, unaccounted: 0 });
});
