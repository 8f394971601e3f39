import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Stack, startStack } from '../../stack/stack.ts';
import { cuttable, emptyDatabase, request } from '../support/builtin-cms.ts';
import { until } from '../support/until.ts';

/** A Strapi of its own, whose way to the database is cut and mended. */

let database: Awaited<ReturnType<typeof emptyDatabase>>;
let way: Awaited<ReturnType<typeof cuttable>>;
let stack: Stack;

beforeAll(async () => {
  database = await emptyDatabase();
  way = await cuttable(database.url);
  stack = await startStack({
    fresh: true,
    cms: 'strapi',
    parts: ['cms'],
    env: { CMS_DATABASE_URL: way.url },
  });
}, 120_000);

afterAll(async () => {
  await database?.drop();
});

const companies = () =>
  request(`${stack.env.CMS_API_URL}/api/companies`, {
    headers: { authorization: `Bearer ${stack.env.CMS_API_TOKEN}` },
  });

it('answers 503, as a problem document, until its database is back', async () => {
  expect((await companies()).status).toBe(200);
  await way.cut();
  expect(await companies()).toMatchObject({
    status: 503,
    body: {
      status: 503,
      title: 'Service Unavailable',
      detail: expect.stringContaining('database'),
    },
  });
  await way.mend();
  await until('Strapi finds its database again', async () => (await companies()).status === 200);
  await stack.stop();
  await way.cut();
});
