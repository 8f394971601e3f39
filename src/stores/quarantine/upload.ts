import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Bucket } from '../s3-bucket.ts';
import { type Condition, unlessRefused } from './if-free.ts';

/** Held in memory at a time; S3 takes no smaller part but the last. */
const PART_BYTES = 8 * 1024 * 1024;

/**
 * Writes a stream of unknown length: as one object where it is small, else in parts, so that memory
 * stays bounded.
 * @returns the bytes written
 */
export async function upload(
  bucket: Bucket,
  Key: string,
  stream: AsyncIterable<Buffer>,
): Promise<number> {
  const place = { Bucket: bucket.name, Key };
  let held: Buffer[] = [];
  let bytes = 0;
  let total = 0;
  let UploadId: string | undefined;
  const Parts: CompletedPart[] = [];

  async function flush(): Promise<void> {
    const Body = Buffer.concat(held);
    held = [];
    bytes = 0;
    UploadId ??= await begin(bucket, Key);
    const part = { ...place, UploadId, PartNumber: Parts.length + 1, Body };
    const { ETag } = await bucket.ask(
      'write part',
      (s3, options) => s3.send(new UploadPartCommand(part), options),
      Body.length,
    );
    Parts.push({ ETag, PartNumber: part.PartNumber });
  }

  try {
    for await (const piece of stream) {
      held.push(piece);
      bytes += piece.length;
      total += piece.length;
      if (bytes >= PART_BYTES) await flush();
    }
    if (UploadId === undefined) {
      const Body = Buffer.concat(held);
      const object = { ...place, Body, ContentType: 'application/gzip' };
      await bucket.ask(
        'write object',
        (s3, options) => s3.send(new PutObjectCommand(object), options),
        Body.length,
      );
      return total;
    }
    if (bytes > 0) await flush();
    await complete(bucket, Key, UploadId, Parts);
    return total;
  } catch (error) {
    if (UploadId !== undefined) await abandon(bucket, Key, UploadId);
    throw error;
  }
}

/** Begins an upload in parts. @param headers those of the object it will become */
export async function begin(bucket: Bucket, Key: string, headers: object = {}): Promise<string> {
  const input = { Bucket: bucket.name, Key, ...headers };
  const { UploadId } = await bucket.ask('begin upload', (s3, options) =>
    s3.send(new CreateMultipartUploadCommand(input), options),
  );
  if (!UploadId) throw new Error('s3: an upload in parts was begun without an id');
  return UploadId;
}

/** Makes the parts one object. @returns false where the condition was refused; the parts are kept then */
export async function complete(
  bucket: Bucket,
  Key: string,
  UploadId: string,
  Parts: CompletedPart[],
  condition: Condition = {},
): Promise<boolean> {
  const input = { Bucket: bucket.name, Key, UploadId, MultipartUpload: { Parts }, ...condition };
  return bucket.ask('complete upload', (s3, options) =>
    unlessRefused(condition, s3.send(new CompleteMultipartUploadCommand(input), options)),
  );
}

/** Gives an upload up, so that its parts cost nothing; best effort. */
export async function abandon(bucket: Bucket, Key: string, UploadId: string): Promise<void> {
  const input = { Bucket: bucket.name, Key, UploadId };
  await bucket
    .ask('abandon upload', (s3, options) =>
      s3.send(new AbortMultipartUploadCommand(input), options),
    )
    .catch(() => {});
}
