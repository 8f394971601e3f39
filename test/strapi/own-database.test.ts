import { expect, it } from 'vitest';
import { startStack } from '../../stack/stack.ts';
import { emptyDatabase, runCms } from '../support/builtin-cms.ts';

it("leaves the built-in CMS's tables alone", async () => {
  const database = await emptyDatabase();
  const builtin = await runCms(database.url);
  const data = { name: 'Acme' };
  const { id } = (await builtin.call('POST', '/api/companies', { data })).body.data;
  const starting = startStack({
    fresh: true,
    cms: 'strapi',
    parts: ['cms'],
    env: { DATABASE_URL: database.url, CMS_DATABASE_URL: database.url },
  });
  await expect(starting).rejects.toThrow('The database is that of the built-in CMS');
  expect((await builtin.call('GET', `/api/companies/${id}`)).body.data.name).toBe('Acme');
  await builtin.close();
  await database.drop();
});
