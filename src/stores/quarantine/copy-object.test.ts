import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { S3_SETTINGS } from '../../../test/support/one-file.ts';
import { openBucket } from '../s3-bucket.ts';
import { copyObject } from './copy-object.ts';
import { headOf } from './kept-objects.ts';

/** Objects no test can hold: what is asked of S3, at the level of the protocol. */

const SIZE = 6 * 1024 ** 3 + 5;
const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that holds one large object; parts are refused from the nth on. */
async function largeObject(refusedFrom = Number.POSITIVE_INFINITY) {
  /** What HEAD says of the place where it is copied to. */
  const place = { taken: true };
  const asked: { what: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { searchParams } = new URL(request.url ?? '', 'http://s3');
    const part = Number(searchParams.get('partNumber'));
    const what = part ? 'part' : searchParams.has('uploads') ? 'begin' : String(request.method);
    asked.push({ what, headers: request.headers, body });
    response.setHeader('content-type', 'application/xml');
    if (request.method === 'HEAD' && request.url?.startsWith('/harbour/to') && !place.taken)
      return response.writeHead(404).end();
    if (what === 'POST') place.taken = true;
    if (request.method === 'HEAD') {
      response.setHeader('content-type', 'application/x-berth');
      response.setHeader('x-amz-meta-owner', 'quay-7');
      response.setHeader('etag', '"same"');
      return response.writeHead(200, { 'content-length': SIZE }).end();
    }
    if (part >= refusedFrom) return response.writeHead(403).end();
    if (what === 'DELETE') return response.writeHead(204).end();
    response.end(
      what === 'begin'
        ? '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>'
        : part
          ? `<CopyPartResult><ETag>"e${part}"</ETag></CopyPartResult>`
          : '<CompleteMultipartUploadResult><Key>to</Key></CompleteMultipartUploadResult>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bucket = openBucket({
    S3_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...S3_SETTINGS,
    S3_BUCKET: 'harbour',
  });
  closing.push(
    () => bucket.close(),
    () => server.close(),
  );
  const copy = async (options = {}) => {
    const source = await headOf(bucket, 'from/Ü #1.pdf');
    if (!source) throw new Error('there is no source');
    return copyObject(bucket, 'from/Ü #1.pdf', 'to', source, options);
  };
  const sent = (what: string) => asked.filter((one) => one.what === what);
  return { copy, sent, place };
}

it('beyond what CopyObject takes, copies every byte once, in parts, with type and metadata', async () => {
  const { copy, sent } = await largeObject();
  await copy();
  expect(sent('begin')).toHaveLength(1);
  expect(sent('begin')[0]?.headers).toMatchObject({
    'content-type': 'application/x-berth',
    'x-amz-meta-owner': 'quay-7',
  });
  let next = 0;
  for (const { headers } of sent('part')) {
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(headers['x-amz-copy-source-range']));
    expect(Number(range?.[1])).toBe(next);
    next = Number(range?.[2]) + 1;
    expect(next - Number(range?.[1])).toBeLessThanOrEqual(5 * 1024 ** 3);
    expect(headers['x-amz-copy-source']).toBe('harbour/from/%C3%9C%20%231.pdf');
    expect(headers['x-amz-copy-source-if-match']).toBe('"same"');
  }
  expect(next).toBe(SIZE);
  const parts = sent('POST')[0]?.body.match(/<PartNumber>\d+<\/PartNumber>/g);
  expect(parts).toHaveLength(sent('part').length);
});

it('gives the upload up when a part is refused', async () => {
  const { copy, sent } = await largeObject(3);
  await expect(copy()).rejects.toMatchObject({ name: 'StoreError', configuration: true });
  expect(sent('DELETE')).toHaveLength(1);
  expect(sent('POST')).toHaveLength(0);
});

it('asks S3 itself to complete the upload only where nothing stands, if that is wanted', async () => {
  const { copy, sent, place } = await largeObject();
  place.taken = false;
  expect(await copy({ ifFree: true })).toBe(true);
  expect(sent('POST')).toMatchObject([{ headers: { 'if-none-match': '*' } }]);
  expect(sent('DELETE')).toHaveLength(0);
});

it('gives the upload up when something has come to stand in its place', async () => {
  const { copy, sent } = await largeObject();
  expect(await copy({ ifFree: true })).toBe(false);
  expect(sent('POST')).toHaveLength(0);
  expect(sent('DELETE')).toHaveLength(1);
});
