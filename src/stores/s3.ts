import {
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Config } from '../config.ts';
import type { LeftoverStore } from './store.ts';
import { failureCode, StoreError } from './store-error.ts';

type S3Config = Pick<
  Config,
  | 'S3_ENDPOINT'
  | 'S3_BUCKET'
  | 'S3_FORCE_PATH_STYLE'
  | 'AWS_REGION'
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_SECRET_ACCESS_KEY'
  | 'AWS_SESSION_TOKEN'
  | 'STORE_TIMEOUT_SECONDS'
>;

/** Codes only a person can put right; 301, 401 and 403 count as well, whatever their code. */
const MISCONFIGURED = new Set([
  'NoSuchBucket',
  'InvalidBucketName',
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'InvalidToken',
  'CredentialsProviderError',
]);

/**
 * Object storage: one object under the file's storage key. On a versioned bucket `remove` writes a
 * delete marker and keeps the older versions; `detail` says so.
 */
export function s3Store(config: S3Config): LeftoverStore {
  const client = s3Client(config);
  const Bucket = config.S3_BUCKET;

  async function call<T>(operation: string, work: (abortSignal: AbortSignal) => Promise<T>) {
    // The time-outs of the client end with the headers; a body that never ends needs this one.
    const limit = AbortSignal.timeout(config.STORE_TIMEOUT_SECONDS * 2000);
    try {
      return await work(limit);
    } catch (error) {
      throw storeError(operation, error);
    }
  }
  const check = () =>
    call('open bucket', async (abortSignal) => {
      await client.send(new HeadBucketCommand({ Bucket }), { abortSignal });
    });
  const exists = (Key: string) =>
    call('read object', async (abortSignal) => {
      try {
        await client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal });
        return true;
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw error;
      }
    });

  return {
    name: 's3',
    applicable: ({ storageKey }) => (storageKey ? null : 'no storage key is known'),
    async remove({ storageKey }) {
      if (!storageKey) return { removed: 0, detail: 'no storage key is known' };
      const found = await exists(storageKey);
      const { DeleteMarker } = await call('delete object', (abortSignal) =>
        client.send(new DeleteObjectCommand({ Bucket, Key: storageKey }), { abortSignal }),
      );
      const deleted = DeleteMarker
        ? 'the bucket is versioned: a delete marker hides the object'
        : 'the bucket deleted the object';
      return { removed: found ? 1 : 0, detail: found ? deleted : 'the bucket has no such object' };
    },
    async remaining({ storageKey }) {
      if (!storageKey) return 0;
      if (await exists(storageKey)) return 1;
      // HEAD answers 404 for a missing bucket as well, and that is no proof.
      await check();
      return 0;
    },
    check,
    close: () => client.destroy(),
  };
}

function s3Client(config: S3Config): S3Client {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const timeoutMs = config.STORE_TIMEOUT_SECONDS * 1000;
  return new S3Client({
    region: config.AWS_REGION,
    endpoint: config.S3_ENDPOINT,
    forcePathStyle: config.S3_FORCE_PATH_STYLE,
    credentials:
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, sessionToken: config.AWS_SESSION_TOKEN }
        : undefined,
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}

function storeError(operation: string, error: unknown): StoreError {
  const status = statusOf(error);
  const name = error instanceof Error ? error.name : '';
  const noBucket = operation === 'open bucket' && status === 404;
  const timedOut = ['TimeoutError', 'AbortError'].includes(name);
  const configuration =
    noBucket || MISCONFIGURED.has(name) || [301, 401, 403].includes(status ?? 0);
  const code = noBucket ? 'NoSuchBucket' : (status ?? failureCode(error));
  const advice = configuration
    ? 'see that S3_BUCKET exists, and that S3_ENDPOINT, AWS_REGION and the AWS credentials are right'
    : 'see that the object storage at S3_ENDPOINT runs and can be reached';
  return new StoreError({ store: 's3', operation, code, configuration, timedOut, advice });
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode;
}
