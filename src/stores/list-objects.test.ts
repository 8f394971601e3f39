import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type HttpDouble, httpDouble } from '../../test/support/http-double.ts';
import { S3_SETTINGS } from '../../test/support/one-file.ts';
import { startS3Server } from '../../test/support/s3-server.ts';
import { type ObjectList, objectList } from './list-objects.ts';

/** Whole buckets on servers that sort by other rules than the bytes of the key. */

/** Folder by folder, as file systems do: by its bytes `a-b` would come before all of `a/`. */
const PAGES: Record<string, { keys: string[]; next?: string }> = {
  '': { keys: ['a/1', 'a/2'], next: 'second' },
  second: { keys: ['a-b'], next: 'third' },
  third: { keys: [] },
};

const inPages: HttpDouble['answer'] = ({ path }, response) => {
  const token = new URL(path, 'http://server').searchParams.get('continuation-token') ?? '';
  const { keys, next } = PAGES[token] ?? { keys: [] };
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(`<ListBucketResult>
    <Name>bucket</Name>
    <IsTruncated>${next !== undefined}</IsTruncated>
    ${next ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}
    ${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')}
  </ListBucketResult>`);
};

let server: HttpDouble;
let list: ObjectList;
beforeAll(async () => {
  server = await httpDouble(inPages);
  list = objectList({ ...S3_SETTINGS, S3_ENDPOINT: server.url });
});
beforeEach(() => {
  server.answer = inPages;
});
afterAll(async () => {
  list.close();
  await server.close();
});

async function everything(): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of list.pages('')) keys.push(...page.map(({ key }) => key));
  return keys;
}

it('goes on where the server says, whatever the last key was', async () => {
  expect(await everything()).toEqual(['a/1', 'a/2', 'a-b']);
});

it('takes no listing for whole that does not say where it goes on', async () => {
  server.answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(`<ListBucketResult>
      <Name>bucket</Name><IsTruncated>true</IsTruncated>
    </ListBucketResult>`);
  };
  await expect(everything()).rejects.toMatchObject({ name: 'StoreError', code: 'empty page' });
});

it('takes a page of something else for no bucket without objects', async () => {
  server.answer = (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html></html>');
  const expected = { name: 'StoreError', code: 'no listing', configuration: true };
  await expect(everything()).rejects.toMatchObject(expected);
  await expect(list.present(['a/1'])).rejects.toMatchObject(expected);
});

it('finds what is below a key though the first page is empty', async () => {
  const bucket = await startS3Server(false);
  const prefixes = objectList({ ...S3_SETTINGS, S3_SLASH_KEYS: 'prefix', S3_ENDPOINT: bucket.url });
  bucket.put('lib/a');
  bucket.gaps.count = 2;
  expect(await prefixes.present(['lib/'])).toEqual(new Set(['lib/']));
  bucket.gaps = { count: 1, sayWhere: false };
  await expect(prefixes.present(['lib/'])).rejects.toMatchObject({ code: 'empty page' });
  prefixes.close();
  await bucket.close();
});
