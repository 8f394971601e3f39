import { tag } from './s3-xml.ts';

/** The lists of an S3 server, page by page. */

export interface Version {
  id: string;
  marker: boolean;
  /** What a GET answers. */
  body?: Buffer;
  headers?: Record<string, string>;
}

export interface Bucket {
  /** Versions by key, oldest first. On a bucket without versions there is one at most. */
  objects: Map<string, Version[]>;
  /** Entries on one page of a list; 1,000 at AWS. */
  pageSize: number;
  /** So many lists are answered by an empty page first that says there is more, and where or not. */
  gaps: { count: number; sayWhere: boolean };
  /** Requests so far, such as `POST delete`. */
  asked: string[];
}

interface Listed {
  key: string;
  version: Version;
  latest: boolean;
}

/** Its objects were all written at one time. */
const LONG_AGO = '<LastModified>2026-01-01T00:00:00.000Z</LastModified>';

function listed({ objects }: Bucket, query: URLSearchParams): Listed[] {
  const prefix = query.get('prefix') ?? '';
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(prefix))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return keys.flatMap((key) => {
    const newestFirst = [...(objects.get(key) ?? [])].reverse();
    return newestFirst.map((version, nth) => ({ key, version, latest: nth === 0 }));
  });
}

/** An empty page; `where` is told unless the bucket is to keep it for itself. */
function gap({ gaps }: Bucket, where: string): string | null {
  if (gaps.count === 0) return null;
  gaps.count -= 1;
  return (gaps.sayWhere ? where : '') + tag('IsTruncated', 'true');
}

export function listObjects(bucket: Bucket, query: URLSearchParams): string {
  const token = query.get('continuation-token');
  const after = token ? Buffer.from(token, 'hex').toString() : (query.get('start-after') ?? '');
  // What follows the z is no part of the place, but no two tokens are the same.
  const here = `${Buffer.from(after).toString('hex')}z${bucket.asked.length}`;
  const empty = gap(bucket, tag('NextContinuationToken', here));
  if (empty) return empty;
  const all = listed(bucket, query).filter(({ key, version, latest }) => {
    return latest && !version.marker && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
  });
  const size = Math.min(bucket.pageSize, Number(query.get('max-keys') ?? bucket.pageSize));
  const page = all.slice(0, size).map(({ key }) => tag('Contents', tag('Key', key) + LONG_AGO));
  const last = all.length > size ? all[size - 1] : undefined;
  const next = last ? tag('NextContinuationToken', Buffer.from(last.key).toString('hex')) : '';
  return page.join('') + next + tag('IsTruncated', String(last !== undefined));
}

export function listVersions(bucket: Bucket, query: URLSearchParams): string {
  const [key, id] = [query.get('key-marker') ?? '', query.get('version-id-marker')];
  const empty = gap(bucket, tag('NextKeyMarker', `${key} `));
  if (empty) return empty;
  const all = listed(bucket, query);
  const from = id
    ? all.findIndex((entry) => entry.key === key && entry.version.id === id) + 1
    : all.findIndex((entry) => Buffer.compare(Buffer.from(entry.key), Buffer.from(key)) > 0);
  const rest = from === -1 ? [] : all.slice(from);
  const page = rest.slice(0, bucket.pageSize);
  const entries = page.map(({ key: name, version }) => {
    const what = version.marker ? 'DeleteMarker' : 'Version';
    return tag(what, tag('Key', name) + tag('VersionId', version.id));
  });
  const last = page.at(-1);
  const more = rest.length > bucket.pageSize && last;
  const next = more
    ? tag('NextKeyMarker', last.key) + tag('NextVersionIdMarker', last.version.id)
    : '';
  return entries.join('') + next + tag('IsTruncated', String(Boolean(more)));
}
