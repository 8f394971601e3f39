import { Cluster, Redis, type RedisOptions } from 'ioredis';

/**
 * Connections to Redis. A producer must fail fast while Redis is away, because Postgres already holds
 * what it would say; a worker must wait for as long as it takes. `REDIS_URL` with several addresses,
 * separated by commas, is a cluster; `rediss://` is TLS.
 */

export type RedisConnection = Redis | Cluster;
type OnError = (error: Error) => void;

const RECONNECT_MS = 2000;
const backoff = (times: number) => Math.min(100 * times, RECONNECT_MS);

/** @param onError told of every connection error; the connection is restored by itself */
export function producerConnection(url: string, onError: OnError): RedisConnection {
  return open(url, onError, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 2000,
  });
}

/** @param onError told of every connection error; the connection is restored by itself */
export function workerConnection(url: string, onError: OnError): RedisConnection {
  return open(url, onError, { maxRetriesPerRequest: null });
}

function open(url: string, onError: OnError, options: RedisOptions): RedisConnection {
  const [first, ...others] = url.split(',').map((address) => address.trim());
  const redis = others.length
    ? openCluster([first!, ...others], options)
    : new Redis(first!, { connectTimeout: 5000, retryStrategy: backoff, ...options });
  redis.on('error', onError);
  return redis;
}

/** Nodes share credentials and TLS with the first address. */
function openCluster(addresses: string[], options: RedisOptions): Cluster {
  const { protocol, username, password } = new URL(addresses[0]!);
  const { enableOfflineQueue = true, ...redisOptions } = options;
  return new Cluster(addresses, {
    enableOfflineQueue,
    clusterRetryStrategy: backoff,
    redisOptions: {
      connectTimeout: 5000,
      ...redisOptions,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  });
}

/** Redis may evict keys, and with them jobs: it must not be used like this. */
export async function refuseEviction(redis: RedisConnection): Promise<void> {
  const info = await redis.info('memory');
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
  if (policy && policy !== 'noeviction')
    throw new Error(
      `Redis has maxmemory-policy ${policy}, which may delete jobs; set it to noeviction`,
    );
}

/** For so long what a probe wrote is kept, in seconds. */
const PROBE_SECONDS = 60;

/**
 * Whether Redis takes what is written. One that is full, or has become a replica, answers a ping all the same.
 * @param prefix that of the queues, whose place in a cluster is asked for
 * @throws when it does not answer or refuses
 */
export async function probeRedis(redis: RedisConnection, prefix: string): Promise<void> {
  await redis.set(`${prefix}:probe`, '', 'EX', PROBE_SECONDS);
}
