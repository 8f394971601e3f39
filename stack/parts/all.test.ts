import { expect, test } from 'vitest';
import { partsToStart } from './all.ts';

const given = {
  DATABASE_URL: 'postgres://x',
  REDIS_URL: 'redis://x',
  CHROMA_URL: 'http://x',
  S3_BUCKET: 'x',
  SMTP_SERVER: 'x',
  CMS_API_URL: 'http://x',
};

test('nothing is started where every variable is set', () => {
  expect(partsToStart(given)).toEqual([]);
});

test('everything is started where none is set, or where it is set to nothing', () => {
  const all = ['postgres', 'redis', 'chroma', 's3', 'inbox', 'cms'];
  expect(partsToStart({})).toEqual(all);
  expect(partsToStart({ REDIS_URL: '', CMS_API_URL: '' })).toEqual(all);
});

test.each([
  ['REDIS_URL', 'redis'],
  ['CHROMA_URL', 'chroma'],
  ['S3_BUCKET', 's3'],
  ['SMTP_SERVER', 'inbox'],
])('without %s, %s alone is started', (variable, part) => {
  expect(partsToStart({ ...given, [variable]: '' })).toEqual([part]);
});

test('the built-in CMS does not use a database that was given for Tidings', () => {
  expect(partsToStart({ ...given, CMS_API_URL: '' })).toEqual(['postgres', 'cms']);
  const ownDatabase = { ...given, CMS_API_URL: '', CMS_DATABASE_URL: 'postgres://y' };
  expect(partsToStart(ownDatabase)).toEqual(['cms']);
  expect(partsToStart({ DATABASE_URL: 'postgres://x' }, ['postgres'])).toEqual([]);
});
