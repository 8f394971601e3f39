import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../config.ts';
import { listingOf, notS3 } from './s3-answers.ts';
import { failureCode, StoreError } from './store-error.ts';

export type S3Config = Pick<
  Config,
  | 'S3_ENDPOINT'
  | 'S3_BUCKET'
  | 'S3_FORCE_PATH_STYLE'
  | 'S3_PURGE'
  | 'S3_SLASH_KEYS'
  | 'AWS_REGION'
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_SECRET_ACCESS_KEY'
  | 'AWS_SESSION_TOKEN'
  | 'STORE_TIMEOUT_SECONDS'
>;

/** The bucket, and one way to ask it: bounded in time, and every way to fail told apart. */
export interface Bucket {
  name: string;
  /**
   * @param bytes how much the question moves, here or inside the service; it is given more time for them
   * @throws StoreError
   */
  ask<T>(
    operation: string,
    question: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<T>,
    bytes?: number,
  ): Promise<T>;
  /** Resolves when the bucket is there and may be used; throws `StoreError`. */
  check(): Promise<void>;
  close(): void;
}

/** Codes only a person can put right; 301, 401 and 403 count as well, whatever their code. */
const MISCONFIGURED = new Set([
  'NoSuchBucket',
  'InvalidBucketName',
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'TokenRefreshRequired',
  'InvalidToken',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
  'CredentialsProviderError',
  'NotImplemented',
  'MethodNotAllowed',
]);

/** Codes of a bucket that has too much to do. */
const OVERRUN = new Set(['SlowDown', 'ServiceUnavailable', 'RequestLimitExceeded', 'Throttling']);

/** What a slow network still moves. */
const BYTES_PER_MS = 2000;
/** How much longer than usual a call that moves content may be silent: S3 copies before it answers. */
const SLOWER = 10;

/**
 * Opens the bucket of the configuration; connects to nothing yet.
 * @param options.slow for questions that move content
 */
export function openBucket(config: S3Config, options: { slow?: boolean } = {}): Bucket {
  const client = s3Client(config, options.slow ? SLOWER : 1);
  const name = config.S3_BUCKET;
  const bucket: Bucket = {
    name,
    async ask(operation, question, bytes = 0) {
      // The time-outs of the client end with the headers; a body that never ends needs this one.
      const abortSignal = AbortSignal.timeout(
        config.STORE_TIMEOUT_SECONDS * 2000 + Math.ceil(bytes / BYTES_PER_MS),
      );
      try {
        return await question(client, { abortSignal });
      } catch (error) {
        throw error instanceof StoreError ? error : bucketError(operation, error);
      }
    },
    async check() {
      await bucket.ask('open bucket', async (s3, options) => {
        const first = new ListObjectsV2Command({ Bucket: name, MaxKeys: 1 });
        listingOf(name, 'open bucket', await s3.send(first, options));
      });
    },
    close: () => client.destroy(),
  };
  return bucket;
}

/** @param patience how many times as long as usual an answer may take */
function s3Client(config: S3Config, patience: number): S3Client {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const connectionTimeout = config.STORE_TIMEOUT_SECONDS * 1000;
  const timeoutMs = connectionTimeout * patience;
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
      connectionTimeout,
      requestTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}

function bucketError(operation: string, error: unknown): StoreError {
  const status = statusOf(error);
  const name = error instanceof Error ? error.name : '';
  // Somebody else removed what was about to be copied.
  const vanished = name === 'NoSuchKey';
  // Lists and deletes of what is not there succeed: otherwise only a bucket can be missing.
  const noBucket = name === 'NoSuchBucket' || (status === 404 && !vanished);
  const timedOut = ['TimeoutError', 'AbortError'].includes(name);
  // What breaks off on its way has a code of the network.
  const unreadable = status !== undefined && status < 300 && !timedOut;
  if (unreadable && !(error instanceof Error && 'code' in error))
    return notS3(operation, 'unreadable', `${status} with something that is not XML`);
  const configuration =
    noBucket || MISCONFIGURED.has(name) || [301, 401, 403].includes(status ?? 0);
  const telling = configuration || OVERRUN.has(name) ? codeOf(name, status) : status;
  const ofTheFile =
    !configuration && status !== undefined && status < 500 && ![408, 429].includes(status);
  return new StoreError({
    store: 's3',
    operation,
    code: noBucket ? 'NoSuchBucket' : vanished ? name : (telling ?? failureCode(error)),
    configuration,
    timedOut,
    blames: ofTheFile && !OVERRUN.has(name) ? 'file' : 'store',
    advice: vanished
      ? 'the object was removed by somebody else meanwhile; what is there is looked at again'
      : configuration
        ? 'see that S3_BUCKET exists, and that S3_ENDPOINT, AWS_REGION and the AWS credentials are right'
        : 'see that the object storage at S3_ENDPOINT runs, can be reached and is not overrun',
  });
}

/** The store's own word where it gave one: `ExpiredToken` tells more than 400. */
function codeOf(name: string, status: number | undefined): string | number | undefined {
  return MISCONFIGURED.has(name) || OVERRUN.has(name) ? name : status;
}

/**
 * What the bucket said of one key in an answer about many.
 * @param code as in `Errors[]` of `DeleteObjects`
 */
export function keyError(operation: string, code: string): StoreError {
  return new StoreError({
    store: 's3',
    operation,
    code,
    configuration: MISCONFIGURED.has(code),
    blames: OVERRUN.has(code) ? 'store' : 'file',
    advice: 'see whether the object is locked, and whether the credentials may delete it',
  });
}

/** The HTTP status of anything the client threw. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode;
}
