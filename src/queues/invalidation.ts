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

/** @param subscriber a connection of its own: a subscribed one can do nothing else */
export async function subscribeInvalidations(
  subscriber: RedisConnection,
  prefix: string,
  onChange: (owner: PreferenceOwner) => void,
): Promise<void> {
  subscriber.on('message', (_channel, message: string) => {
    const owner = preferenceOwner.safeParse(parse(message));
    if (owner.success) onChange(owner.data);
  });
  await subscriber.subscribe(channelOf(prefix));
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}
