import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort } from '../ports.ts';
import { httpAnswers, untilReady } from '../processes/ready.ts';
import type { PartContext, Started } from './part.ts';

/** The only pair of keys s3rver knows. */
const S3RVER_KEY = 'S3RVER';
const BUCKET = 'tidings';

/** An S3 server for development (s3rver) over a folder, with one bucket in it. */
export async function startS3(context: PartContext): Promise<Started> {
  const s3rver = dirname(createRequire(import.meta.url).resolve('s3rver/package.json'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = await context.run({
    name: 's3',
    command: process.execPath,
    args: [
      '--openssl-legacy-provider',
      join(s3rver, 'bin', 's3rver.js'),
      ...['--directory', join(context.dataDir, 's3')],
      ...['--address', '127.0.0.1', '--port', String(port)],
      ...['--no-vhost-buckets', '--configure-bucket', BUCKET],
    ],
  });
  await untilReady(child, () => httpAnswers(url, () => true));
  return {
    env: {
      S3_ENDPOINT: url,
      S3_BUCKET: BUCKET,
      S3_FORCE_PATH_STYLE: 'true',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: S3RVER_KEY,
      AWS_SECRET_ACCESS_KEY: S3RVER_KEY,
      // A session or profile of the person's own would be offered to a server that refuses it.
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
    },
  };
}
