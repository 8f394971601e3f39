import { type PreferenceOwner, preferenceOwner } from '../contracts/preferences.ts';
import type { RedisConnection } from './connection.ts';

/**
 * Tells every process that somebody's preferences have changed, so that none answers from its cache.
 * A lost message costs freshness for as long as a cache entry lives, nothing else.
 */

const channelOf = (prefix: string) => `${prefix}:preferences-changed`;

/** @throws when Redis does not answer */
export async function publishInvalidation(
  redis: RedisConnection,
  prefix: string,
  owner: PreferenceOwner,
): Promise<void> {
  await redis.publish(channelOf(prefix), JSON.stringify(owner));
}

/**
 * Listens from now on; a connection that is lost before it has subscribed does so when it is back.
 * @param subscriber a connection of its own: a subscribed one can do nothing else
 */
export async function subscribeInvalidations(
  subscriber: RedisConnection,
  prefix: string,
  onChange: (owner: PreferenceOwner) => void,
): Promise<void> {
  let subscribed = false;
  const subscribe = async () => {
    if (subscribed) return;
    try {
      await subscriber.subscribe(channelOf(prefix));
      subscribed = true;
    } catch {
      // The connection reports its own errors and says when it is ready again.
    }
  };
  subscriber.on('message', (_channel, message: string) => {
    const owner = preferenceOwner.safeParse(parse(message));
    if (owner.success) onChange(owner.data);
  });
  subscriber.on('ready', () => void subscribe());
  await subscribe();
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}
