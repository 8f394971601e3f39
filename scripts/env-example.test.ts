import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadCmsConfig } from '../cms/builtin/config.ts';
import { loadConfig } from '../src/config.ts';

/** Read by docker-compose.yml and by the development tools, not by a configuration module. */
const ELSEWHERE = ['POSTGRES_PASSWORD', 'MAIL_PREVIEW_PORT'];

/** Something valid for whatever has no default. */
const REQUIRED = {
  INGESTION_SERVICE_API_KEY: 'producer',
  ADMIN_API_KEY: 'admin',
  DATABASE_URL: 'postgres://localhost/tidings',
  REDIS_URL: 'redis://localhost',
  SMTP_SERVER: 'localhost',
  FROM_EMAIL: 'tidings@example.com',
  CMS_API_URL: 'http://localhost:1337',
  CMS_API_TOKEN: 'token',
  S3_BUCKET: 'bucket',
  CHROMA_URL: 'http://localhost:8000',
  CMS_DATABASE_URL: 'postgres://localhost/cms',
};

const fromRoot = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const example = [...fromRoot('.env.example').matchAll(/^(# )?([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(
  ([, optional, name = '', value = '']) => ({ optional: Boolean(optional), name, value }),
);
const namesIn = (file: string) =>
  [...fromRoot(file).matchAll(/^ {2,4}([A-Z][A-Z0-9_]+): /gm)].map(([, name = '']) => name);
const ours = ['src/config.ts', 'src/config/mail.ts', 'src/config/stores.ts'].flatMap(namesIn);

test('.env.example lists exactly the variables that are read', () => {
  const read = [...ours, ...namesIn('cms/builtin/config.ts'), ...ELSEWHERE];
  expect(read.length).toBeGreaterThan(50);
  expect(example.map(({ name }) => name).sort()).toEqual([...new Set(read)].sort());
});

test('what .env.example leaves open is what has no default', () => {
  const open = example.filter(({ optional }) => !optional).map(({ name }) => name);
  expect(open.filter((name) => !ELSEWHERE.includes(name)).sort()).toEqual(
    Object.keys(REQUIRED).sort(),
  );
  for (const name of open.filter((one) => ours.includes(one)))
    expect(() => loadConfig({ ...REQUIRED, [name]: '' }), name).toThrow(`${name} is not set`);
});

/** What only a container can know: `.env` has no say in it. */
const OF_CONTAINERS =
  /^(NODE_ENV|MIGRATE_ON_START|(BULL_BOARD_|WORKER_HEALTH_|CMS_)?PORT|(LISTEN|CMS)_HOST|HEALTH_URL)$/;

test('every variable of .env reaches the containers that are ours', () => {
  const [, ours = ''] =
    /^x-tidings:.*?\n(.*?)^services:/ms.exec(fromRoot('docker-compose.yml')) ?? [];
  expect(ours).toContain('env_file: [{ path: .env, required: false }]');
  const [, cms = ''] = /^ {2}cms:\n(.*?)^ {2}\w/ms.exec(fromRoot('docker-compose.yml')) ?? [];
  const set = [...`${ours}${cms}`.matchAll(/^ {4,6}([A-Z][A-Z0-9_]+): (.*)$/gm)];
  expect(set.length).toBeGreaterThan(20);
  // What is set beside the file goes before it, and has to take the file's word by itself.
  for (const [, name = '', value = ''] of set.filter(([, one = '']) => !OF_CONTAINERS.test(one)))
    expect(value, name).toMatch(new RegExp(`^\\$\\{${name}:[-?]`));
});

test('the values in .env.example are the defaults', () => {
  const shown = Object.fromEntries(example.map(({ name, value }) => [name, value]));
  expect(loadConfig({ ...shown, ...REQUIRED })).toEqual(loadConfig(REQUIRED));
  expect(loadCmsConfig({ ...shown, ...REQUIRED })).toEqual(loadCmsConfig(REQUIRED));
});
