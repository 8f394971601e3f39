import {
  GetObjectCommand,
  HeadBucketCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

/** Where the files themselves are kept: any S3. */
export interface ObjectStore {
  /** @throws what the S3 client throws when the store refuses */
  put(key: string, bytes: Buffer, metadata: Record<string, string>): Promise<void>;
  /** Size of the object in bytes, null when there is none; asks for the bucket as well, as proof. */
  size(key: string): Promise<number | null>;
  close(): void;
}

/** The most bytes of a file's name in its key: some stores keep objects as files of that name. */
const NAME_BYTES = 200;

/** The key under which a file is kept. Folders become part of the name. */
export function storageKey(company: number, bot: number, documentId: string, name: string): string {
  const flat = name.toWellFormed().replaceAll('/', '_');
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(flat)?.[0] ?? '';
  let stem = flat.slice(0, flat.length - extension.length);
  while (Buffer.byteLength(stem + extension) > NAME_BYTES) stem = [...stem].slice(0, -1).join('');
  return `companies/${company}/bots/${bot}/${documentId}/${stem}${extension}`;
}

/** Opens the bucket that the variables of the stack name. */
export function openObjectStore(env: Record<string, string>): ObjectStore {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const Bucket = env.S3_BUCKET;
  const client = new S3Client({
    region: env.AWS_REGION || 'us-east-1',
    endpoint: env.S3_ENDPOINT || undefined,
    forcePathStyle: env.S3_FORCE_PATH_STYLE
      ? ['true', '1'].includes(env.S3_FORCE_PATH_STYLE)
      : Boolean(env.S3_ENDPOINT),
    credentials:
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined }
        : undefined,
  });
  return {
    async put(Key, Body, metadata) {
      // Metadata travels in HTTP headers, which are ASCII.
      const Metadata = Object.fromEntries(
        Object.entries(metadata).map(([name, value]) => [name, encodeURIComponent(value)]),
      );
      await client.send(new PutObjectCommand({ Bucket, Key, Body, Metadata }));
    },
    async size(Key) {
      try {
        const object = await client.send(new GetObjectCommand({ Bucket, Key }));
        return (await object.Body?.transformToByteArray())?.length ?? 0;
      } catch (error) {
        if (!(error instanceof NoSuchKey)) throw error;
        await client.send(new HeadBucketCommand({ Bucket }));
        return null;
      }
    },
    close: () => client.destroy(),
  };
}
