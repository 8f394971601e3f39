import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, type HttpDouble, httpDouble } from '../../test/support/http-double.ts';
import { BUILT_IN_SETTINGS } from '../contracts/preferences.ts';
import { type CmsClient, cmsClient } from './cms-client.ts';
import { StoreError } from './store-error.ts';

const ann = { company_id: 1, bot_id: 2, user_email: 'ann+x@example.com' };
const PREFERENCES = '/api/user-notification-preferences';

interface Row {
  documentId: string;
  user_email: string;
  notification_enabled: boolean;
  [field: string]: unknown;
}
const rowOf = (documentId: string, changes: object = {}): Row => ({
  ...BUILT_IN_SETTINGS,
  documentId,
  user_email: ann.user_email,
  ...changes,
});

let cms: HttpDouble;
let client: CmsClient;
/** What the CMS lists; the first of Ann's rows is what applies to her. */
let rows: Row[];
/** How the next creation fails: somebody else was faster. */
let rival: Row | undefined;

beforeAll(async () => {
  cms = await httpDouble(() => {});
});
afterAll(() => cms.close());
beforeEach(() => {
  cms.asked.length = 0;
  rows = [];
  rival = undefined;
  client = cmsClient({ CMS_API_URL: cms.url, CMS_API_TOKEN: 'secret', CMS_TIMEOUT_MS: 10_000 });
  cms.answer = ({ method, path, body }, response) => {
    const applied = rows.find((row) => row.user_email === ann.user_email);
    if (path.includes('/by-user/'))
      return answerJson(response, 200, {
        data: applied ?? { ...BUILT_IN_SETTINGS, batch_size_threshold: 9 },
        fallback_applied: !applied,
      });
    const data = (body as { data: object } | undefined)?.data;
    if (method === 'GET') return answerJson(response, 200, { data: rows });
    if (method === 'POST' && rival) {
      rows.push(rival);
      return answerJson(response, 409, {});
    }
    if (method === 'POST') rows.push(rowOf('new', data));
    if (method === 'PUT') {
      const row = rows.find(({ documentId }) => path.endsWith(`/${documentId}`));
      if (!row) return answerJson(response, 404, {});
      Object.assign(row, data);
    }
    return answerJson(response, method === 'POST' ? 201 : 200, { data: {} });
  };
});
const writes = () =>
  cms.asked.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);

describe('turning notifications off', () => {
  it('changes the row the person has, and nothing else of it', async () => {
    rows = [rowOf('a', { batch_size_threshold: 7 })];
    await client.turnOff(ann);
    expect(writes()).toEqual([`PUT ${PREFERENCES}/a`]);
    expect(rows).toMatchObject([{ notification_enabled: false, batch_size_threshold: 7 }]);
    expect(cms.asked[0]?.path).toBe(
      `${PREFERENCES}?company_id=1&bot_id=2&user_email=ann%2Bx%40example.com`,
    );
  });

  it('makes a row that keeps what the company had chosen', async () => {
    await client.turnOff(ann);
    expect(cms.asked.find(({ method }) => method === 'POST')?.body).toMatchObject({
      data: { company: 1, bot: 2, user_email: ann.user_email, notification_enabled: false },
    });
    expect(rows).toMatchObject([{ batch_size_threshold: 9 }]);
  });

  it('changes the row that somebody else made at the same time', async () => {
    rival = rowOf('rival');
    await client.turnOff(ann);
    expect(writes()).toEqual([`POST ${PREFERENCES}`, `PUT ${PREFERENCES}/rival`]);
    expect(rows).toMatchObject([{ notification_enabled: false }]);
  });

  it('leaves the rows of others alone, also where the CMS overlooks the filters', async () => {
    const others = [
      rowOf('bob', { user_email: 'bob@example.com' }),
      rowOf('other-bot', { bot: { id: 3 }, company: { id: 1 } }),
    ];
    rows = [...others, rowOf('mine', { bot: { id: 2 }, company: { id: 1 } })];
    await expect(client.turnOff(ann)).rejects.toThrow('still on');
    expect(writes()).toEqual([`PUT ${PREFERENCES}/mine`]);
    expect(others.map((row) => row.notification_enabled)).toEqual([true, true]);
  });

  it('fails, without the address, while the CMS is down or keeps them on', async () => {
    cms.answer = (_asked, response) => answerJson(response, 503, {});
    const failed = await client.turnOff(ann).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StoreError);
    expect((failed as StoreError).message).not.toMatch(/@|%40|secret/);
  });
});
