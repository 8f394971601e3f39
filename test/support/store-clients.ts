import { S3Client } from '@aws-sdk/client-s3';
import { ChromaClient } from 'chromadb';

/** Object storage and Chroma as somebody meets them who is not Tidings: without its own code. */

type Env = Record<string, string | undefined>;

/** @param env what Tidings would be started with */
export function s3Client(env: Env): S3Client {
  return new S3Client({
    endpoint: env.S3_ENDPOINT,
    region: env.AWS_REGION ?? 'us-east-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID!,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY!,
    },
  });
}

/** @param env the same */
export function chromaClient({ CHROMA_URL }: Env): ChromaClient {
  const { hostname: host, port, protocol } = new URL(CHROMA_URL!);
  return new ChromaClient({ host, port: Number(port), ssl: protocol === 'https:' });
}
