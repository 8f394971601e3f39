import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Bucket, listObjects, listVersions, type Version } from './s3-lists.ts';
import { tag, textOf } from './s3-xml.ts';

/**
 * An S3 server at the level of the protocol, in memory: one bucket, versioned or not, that lists in
 * pages, keeps and copies contents and can be told to refuse. No small server keeps versions, so this
 * one stands in for them.
 */
export interface S3Server extends Bucket {
  url: string;
  bucket: string;
  put(key: string, body?: string): void;
  /** Keys, or ids of versions, that are refused by DeleteObjects, with the code. */
  refused: Map<string, string>;
  /** Done while a deletion is in flight, before it is. */
  onDelete: () => Promise<void>;
  /** Done while a copy to a key is in flight, before it is. */
  onCopy: (key: string) => void;
  /** What is done with the condition to write only where nothing stands. */
  ifNoneMatch: 'kept' | 'ignored' | 'unknown';
  /** Answers everything until it is null again. */
  trouble: { status: number; code: string } | null;
  close(): Promise<void>;
}

interface ObjectRequest {
  method: string;
  key: string;
  body: Buffer;
  headers: IncomingHttpHeaders;
}

/** @param pageSize entries on one page of a list; 1,000 at AWS */
export async function startS3Server(versioned: boolean, pageSize = 1000): Promise<S3Server> {
  let count = 0;
  const objects = new Map<string, Version[]>();
  const add = (key: string, content: Omit<Version, 'id'>): Version => {
    count += 1;
    const version = { id: versioned ? `v${count}` : 'null', ...content };
    objects.set(key, versioned ? [...(objects.get(key) ?? []), version] : [version]);
    return version;
  };

  function remove(key: string, id: string | null): string {
    const refusal = server.refused.get(key) ?? server.refused.get(id ?? '');
    if (refusal) return tag('Error', tag('Key', key) + tag('Code', refusal));
    if (id !== null) {
      const gone = objects.get(key)?.find((version) => version.id === id);
      const kept = (objects.get(key) ?? []).filter((version) => version !== gone);
      if (kept.length > 0) objects.set(key, kept);
      else objects.delete(key);
      const marker = gone?.marker ? tag('DeleteMarker', 'true') : '';
      return tag('Deleted', tag('Key', key) + tag('VersionId', id) + marker);
    }
    if (!versioned) {
      objects.delete(key);
      return tag('Deleted', tag('Key', key));
    }
    const marker = add(key, { marker: true });
    const said = tag('DeleteMarker', 'true') + tag('DeleteMarkerVersionId', marker.id);
    return tag('Deleted', tag('Key', key) + said);
  }

  /** Why a write that asks for a free place is refused. */
  function refusedIfFree(key: string) {
    if (server.ifNoneMatch === 'unknown') return { status: 501, code: 'NotImplemented' };
    const newest = objects.get(key)?.at(-1);
    const taken = server.ifNoneMatch === 'kept' && newest && !newest.marker;
    return taken ? { status: 412, code: 'PreconditionFailed' } : null;
  }

  /** PUT, with a content or as a copy; HEAD and GET. */
  function answerObject({ method, key, body, headers }: ObjectRequest, response: ServerResponse) {
    const source = headers['x-amz-copy-source'];
    if (source) server.onCopy(key);
    const from = source ? decodeURIComponent(String(source)).replace(/^[^/]*\//, '') : key;
    const found = objects.get(from)?.at(-1);
    const there = found && !found.marker ? found : undefined;
    if (method === 'PUT') {
      const refusal = headers['if-none-match'] === '*' ? refusedIfFree(key) : null;
      if (refusal)
        return response.writeHead(refusal.status).end(tag('Error', tag('Code', refusal.code)));
      if (source && !there)
        return response.writeHead(404).end(tag('Error', tag('Code', 'NoSuchKey')));
      const { marker, ...content } = there ?? { marker: false };
      const { id } = add(key, { marker, ...(source ? content : { body, headers: kept(headers) }) });
      const result = source ? tag('CopyObjectResult', tag('ETag', etag(there?.body))) : '';
      return response.writeHead(200, { etag: etag(body), 'x-amz-version-id': id }).end(result);
    }
    if (!there) {
      const missing = method === 'GET' ? tag('Error', tag('Code', 'NoSuchKey')) : undefined;
      return response.writeHead(404).end(missing);
    }
    const { id, body: content = Buffer.alloc(0) } = there;
    const length = { 'content-length': content.length, etag: etag(content) };
    response.writeHead(200, { ...there.headers, ...length, 'x-amz-version-id': id });
    response.end(method === 'GET' ? content : undefined);
  }

  function answer(request: ObjectRequest, url: URL, response: ServerResponse): void {
    const { method, body } = request;
    const send = (status: number, root: string, xml: string) =>
      response.writeHead(status, { 'content-type': 'application/xml' }).end(tag(root, xml));
    const [bucket, ...path] = url.pathname.slice(1).split('/').map(decodeURIComponent);
    const key = path.join('/');
    const query = url.searchParams;
    const what = query.has('versions') ? 'versions' : query.has('delete') ? 'delete' : 'objects';
    server.asked.push(`${method} ${key ? 'object' : what}`);
    const refusal = server.trouble ?? (bucket === server.bucket ? null : NO_BUCKET);
    if (refusal) return void send(refusal.status, 'Error', tag('Code', refusal.code));
    if (key) return void answerObject({ ...request, key }, response);
    if (what === 'delete') {
      const orders = [...body.toString().matchAll(/<Object>(.*?)<\/Object>/g)].map(
        ([, order = '']) => order,
      );
      const said = orders.map((order) =>
        remove(textOf(order, 'Key') ?? '', textOf(order, 'VersionId')),
      );
      return void send(200, 'DeleteResult', said.join(''));
    }
    const name = tag('Name', server.bucket);
    if (what === 'versions')
      return void send(200, 'ListVersionsResult', name + listVersions(server, query));
    send(200, 'ListBucketResult', name + listObjects(server, query));
  }

  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    if (method === 'POST') await server.onDelete();
    const body = Buffer.concat(chunks);
    answer({ method, key: '', body, headers }, new URL(url, 'http://s3'), response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: S3Server = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    bucket: 'bucket',
    objects,
    pageSize,
    put: (key, body = '') => void add(key, { marker: false, body: Buffer.from(body) }),
    refused: new Map(),
    onCopy: () => {},
    ifNoneMatch: 'kept',
    gaps: { count: 0, sayWhere: true },
    onDelete: async () => {},
    trouble: null,
    asked: [],
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

const etag = (body: Buffer = Buffer.alloc(0)) =>
  `"${createHash('md5').update(body).digest('hex')}"`;

/** What an object carries besides its content. */
const kept = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name === 'content-type' || name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
    ),
  );

const NO_BUCKET = { status: 404, code: 'NoSuchBucket' };
