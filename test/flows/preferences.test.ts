import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cms, createCms } from '../../cms/builtin/cms.ts';
import { loadCmsConfig } from '../../cms/builtin/config.ts';
import { BUILT_IN_SETTINGS } from '../../src/contracts/preferences.ts';
import { cmsStore } from '../../src/stores/cms.ts';
import { type CmsClient, cmsClient, ownerKey } from '../../src/stores/cms-client.ts';
import { type Preferences, preferencesResolver } from '../../src/stores/preferences.ts';
import { oneFile, storedFile } from '../support/one-file.ts';
import { stackEnv } from '../support/stack-env.ts';

/** The CMS client and the ladder of promise 5 against the built-in CMS, which also goes down. */

const TOKEN = 'flow-token';
const DEFAULTS = { ...BUILT_IN_SETTINGS, batch_size_threshold: 77 };
const MINUTE = 60_000;

let databaseUrl: string;
let cms: Cms;
let server: Server;
let url: string;
let client: CmsClient;
let preferences: Preferences;
let clock = 0;

beforeAll(async () => {
  const admin = postgres(stackEnv().DATABASE_URL!, { max: 1 });
  const name = `cms_${randomUUID().replaceAll('-', '')}`;
  await admin.unsafe(`create database ${name}`);
  await admin.end();
  const address = new URL(stackEnv().DATABASE_URL!);
  address.pathname = `/${name}`;
  databaseUrl = address.href;
  cms = await createCms(
    loadCmsConfig({ CMS_DATABASE_URL: databaseUrl, CMS_API_TOKEN: TOKEN, LOG_LEVEL: 'silent' }),
  );
  await open(0);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = cmsClient({ CMS_API_URL: url, CMS_API_TOKEN: TOKEN, CMS_TIMEOUT_MS: 5_000 });
});
afterAll(async () => {
  await shut();
  await cms.close();
});
beforeEach(() => {
  preferences = preferencesResolver({ client, defaults: DEFAULTS, now: () => clock });
});

async function open(port: number): Promise<void> {
  server = createServer(cms.app);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
}

async function shut(): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function write(method: 'POST' | 'PUT', path: string, data: object): Promise<number> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ data }),
  });
  expect(response.status).toBeLessThan(300);
  return ((await response.json()) as { data: { id: number } }).data.id;
}

const someone = (company_id: number) => ({
  company_id,
  bot_id: 5,
  user_email: `ann+${randomUUID()}@example.com`,
});

describe('preferences', () => {
  it('are the own row, and after an invalidation what has been written meanwhile', async () => {
    const ann = someone(1);
    const id = await write('POST', '/api/user-notification-preferences', {
      company: ann.company_id,
      bot: ann.bot_id,
      user_email: ann.user_email,
      batch_size_threshold: 9,
    });
    const first = await preferences.resolve(ann);
    expect(first).toMatchObject({ source: 'cms', fallback: false });
    expect(first.settings.batch_size_threshold).toBe(9);

    await write('PUT', `/api/user-notification-preferences/${id}`, { batch_size_threshold: 3 });
    expect((await preferences.resolve(ann)).settings.batch_size_threshold).toBe(9);
    await preferences.invalidate(ann);
    const fresh = await preferences.resolve(ann);
    expect(fresh).toMatchObject({ source: 'cms', settings: { batch_size_threshold: 3 } });
  });

  it('of a person without a row are the company defaults, asked for alone or together', async () => {
    const company = await write('POST', '/api/companies', {
      name: 'Company with defaults',
      default_notification_settings: { notification_delay_minutes: 7 },
    });
    const people = Array.from({ length: 150 }, () => someone(company));
    const settings = { ...BUILT_IN_SETTINGS, notification_delay_minutes: 7 };
    const expected = { settings, source: 'cms', fallback: true };
    expect(await preferences.resolve(people[0]!)).toMatchObject(expected);
    const many = await preferences.resolveMany(people);
    expect(many.get(ownerKey(people[0]!))).toMatchObject({ ...expected, source: 'cache' });
    for (const one of people.slice(1)) expect(many.get(ownerKey(one))).toMatchObject(expected);
    expect(await client.company(company)).toMatchObject({ id: company, notification_quota: 1000 });
    expect(await client.company(2 ** 31 - 1)).toBeNull();
  });

  it('outlive the CMS and come back with it', async () => {
    const ann = someone(1);
    await preferences.resolve(ann);
    const { port } = server.address() as AddressInfo;
    await shut();
    clock += 6 * MINUTE;
    expect(await preferences.resolve(ann)).toMatchObject({
      source: 'stale_cache',
      age_seconds: 360,
    });
    const many = await preferences.resolveMany(Array.from({ length: 300 }, () => someone(1)));
    expect([...many.values()].every((one) => one.source === 'defaults')).toBe(true);
    expect(many.size).toBe(300);
    await open(port);
    clock += MINUTE;
    expect(await preferences.resolve(ann)).toMatchObject({ source: 'cms', age_seconds: 0 });
  });
});

describe('the CMS as a store', () => {
  it('removes a file record, proves it, and repeats without harm', async () => {
    const documentId = `folder/${randomUUID()} ä?#`;
    await write('POST', '/api/files', { documentId, name: 'a.pdf', storage_key: 'a/b.pdf' });
    const store = oneFile(cmsStore(client));
    const file = storedFile(documentId);
    expect(await client.file(documentId)).toMatchObject({ documentId, storage_key: 'a/b.pdf' });
    const change = { notification_sent: true, last_notification_batch: 'batch-1' };
    expect(await client.updateFile(documentId, change)).toBe('updated');
    expect(await client.file(documentId)).toMatchObject(change);
    expect(await store.remaining(file)).toBe(1);
    expect(await store.remove(file)).toMatchObject({ removed: 1 });
    expect(await store.remaining(file)).toBe(0);
    expect(await store.remove(file)).toMatchObject({ removed: 0 });
    expect(await client.updateFile(documentId, change)).toBe('gone');
  });

  it.each([
    ['token', { CMS_API_TOKEN: 'wrong' }, ''],
    ['address', { CMS_API_TOKEN: TOKEN }, '/elsewhere'],
  ])('takes a wrong %s for a mistake, never for an absence', async (_, token, path) => {
    const wrong = cmsClient({ CMS_API_URL: url + path, CMS_TIMEOUT_MS: 5_000, ...token });
    const expected = { name: 'StoreError', configuration: true };
    await expect(wrong.file('x')).rejects.toMatchObject(expected);
    await expect(wrong.check()).rejects.toMatchObject(expected);
    await expect(client.check()).resolves.toBeUndefined();
  });
});
