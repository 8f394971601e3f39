import { isDeepStrictEqual } from 'node:util';
import {
  type CompletedPart,
  CopyObjectCommand,
  type HeadObjectCommandOutput,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { Bucket } from '../s3-bucket.ts';
import { StoreError } from '../store-error.ts';
import { type Condition, intoFree, unlessRefused } from './if-free.ts';
import { headOf, sha256Of } from './kept-objects.ts';
import { abandon, begin, complete } from './upload.ts';

/** `CopyObject` takes no larger object. */
const COPY_LIMIT = 5 * 1024 ** 3;
/** S3 takes at most 10,000 parts and objects of 5 TiB. */
const COPIED_PART = 1024 ** 3;

/** Makes a copy appear by its last request, unless its place is to be free and is taken. */
type Write = (finish: (condition: Condition) => Promise<boolean>) => Promise<boolean>;

/**
 * Copies an object inside the bucket, without moving its content through this process; its metadata
 * and content type go with it. Read back: a copy that differs is an error.
 * @param source what HEAD said of the object; it is copied as it was then, or not at all
 * @param options.ifFree to copy it only where nothing stands; otherwise it is overwritten
 * @returns whether it was copied
 * @throws StoreError
 */
export async function copyObject(
  bucket: Bucket,
  from: string,
  to: string,
  source: HeadObjectCommandOutput,
  { ifFree = false } = {},
): Promise<boolean> {
  const size = source.ContentLength ?? 0;
  const CopySource = [bucket.name, ...from.split('/')].map(encodeURIComponent).join('/');
  const place = { Bucket: bucket.name, Key: to };
  const given = { ...place, CopySource, CopySourceIfMatch: source.ETag };
  const copyWhole = (condition: Condition) =>
    bucket.ask(
      'copy object',
      (s3, options) => {
        const command = new CopyObjectCommand({ ...given, ...condition });
        return unlessRefused(condition, s3.send(command, options));
      },
      size,
    );
  const write: Write = (finish) => (ifFree ? intoFree(bucket, to, finish) : finish({}));
  const written =
    size > COPY_LIMIT
      ? await copyInParts(bucket, CopySource, to, source, write)
      : await write(copyWhole);
  if (!written) return false;
  const copy = await headOf(bucket, to);
  if (copy && hasSameHeaders(source, copy) && (await hasSameContent(bucket, from, to))) return true;
  throw new StoreError({
    store: 's3',
    operation: 'copy object',
    code: 'differs',
    configuration: false,
    advice: 'the copy is not what was copied: somebody wrote meanwhile, or the service is at fault',
  });
}

async function copyInParts(
  bucket: Bucket,
  CopySource: string,
  Key: string,
  source: HeadObjectCommandOutput,
  write: Write,
): Promise<boolean> {
  const size = source.ContentLength ?? 0;
  const UploadId = await begin(bucket, Key, headersOf(source));
  try {
    const Parts: CompletedPart[] = [];
    for (let at = 0; at < size; at += COPIED_PART) {
      const end = Math.min(at + COPIED_PART, size) - 1;
      const PartNumber = Parts.length + 1;
      const { CopyPartResult } = await bucket.ask(
        'copy part',
        (s3, options) =>
          s3.send(
            new UploadPartCopyCommand({
              Bucket: bucket.name,
              Key,
              UploadId,
              PartNumber,
              CopySource,
              CopySourceIfMatch: source.ETag,
              CopySourceRange: `bytes=${at}-${end}`,
            }),
            options,
          ),
        COPIED_PART,
      );
      Parts.push({ ETag: CopyPartResult?.ETag, PartNumber });
    }
    const written = await write((condition) => complete(bucket, Key, UploadId, Parts, condition));
    if (!written) await abandon(bucket, Key, UploadId);
    return written;
  } catch (error) {
    await abandon(bucket, Key, UploadId);
    throw error;
  }
}

/** What an object carries besides its content. */
function headersOf(head: HeadObjectCommandOutput) {
  const { ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage } = head;
  const { Metadata = {}, WebsiteRedirectLocation } = head;
  return {
    ContentType,
    CacheControl,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    Metadata,
    WebsiteRedirectLocation,
  };
}

function hasSameHeaders(a: HeadObjectCommandOutput, b: HeadObjectCommandOutput): boolean {
  return isDeepStrictEqual(headersOf(a), headersOf(b));
}

/**
 * Whether two objects hold the same bytes. Equal entity tags of equal lengths say so; where they
 * differ (copied in parts, encrypted) both contents are read.
 */
export async function hasSameContent(bucket: Bucket, one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([headOf(bucket, one), headOf(bucket, other)]);
  if (!a || !b || a.ContentLength !== b.ContentLength) return false;
  if (a.ETag && a.ETag === b.ETag) return true;
  const bytes = a.ContentLength ?? 0;
  return (await sha256Of(bucket, one, bytes)) === (await sha256Of(bucket, other, bytes));
}
