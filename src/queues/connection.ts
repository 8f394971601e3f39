import { Redis, type RedisOptions } from 'ioredis';

/**
 * Connections to Redis. A producer must fail fast while Redis is away, because Postgres already holds
 * what it would say; a worker must wait for as long as it takes.
 */

/** @param onError told of every connection error; ioredis reconnects by itself */
export function producerConnection(url: string, onError: (error: Error) => void): Redis {
  return open(url, onError, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 2000,
  });
}

/** @param onError told of every connection error; ioredis reconnects by itself */
export function workerConnection(url: string, onError: (error: Error) => void): Redis {
  return open(url, onError, { maxRetriesPerRequest: null });
}

function open(url: string, onError: (error: Error) => void, options: RedisOptions): Redis {
  const redis = new Redis(url, {
    connectTimeout: 5000,
    retryStrategy: (times) => Math.min(100 * times, 2000),
    ...options,
  });
  redis.on('error', onError);
  return redis;
}

/** Redis may evict keys, and with them jobs: it must not be used like this. */
export async function refuseEviction(redis: Redis): Promise<void> {
  const info = await redis.info('memory');
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
  if (policy && policy !== 'noeviction')
    throw new Error(
      `Redis has maxmemory-policy ${policy}, which may delete jobs; set it to noeviction`,
    );
}
