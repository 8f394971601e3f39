import type { PreferenceOwner } from '../contracts/preferences.ts';
import { ownerKey } from '../domain/owner.ts';
import { BULK_LIMIT, type CmsClient, type CmsPreferences } from './cms-client.ts';
import type { Guard } from './guard.ts';
import { pagesOf } from './per-file.ts';

/** By-user questions at a time, for those the bulk answers left out. */
const BY_USER_AT_ONCE = 10;

/**
 * Asks for the preferences of several owners: pages of `bulk-get`, then by user for those no page
 * answered. One page after the other, so that a dead CMS costs one time-out and not one per page.
 * @param along owners it would be good to know about too: they fill the last page, and are never
 *   worth a question of their own
 * @returns the answers there were, by `ownerKey`
 */
export async function askTogether(
  client: Pick<CmsClient, 'preferencesByUser' | 'preferencesBulk'>,
  guard: Guard,
  owners: PreferenceOwner[],
  along: PreferenceOwner[] = [],
): Promise<Map<string, CmsPreferences>> {
  const answers = new Map<string, CmsPreferences>();
  const all = [...owners, ...along.slice(0, roomBeside(owners.length))];
  for (const page of all.length > 1 ? pagesOf(all, BULK_LIMIT) : []) {
    const bulk = await guard.ask(() => client.preferencesBulk(page));
    for (const [key, answer] of bulk ?? []) answers.set(key, answer);
  }
  const left = owners.filter((owner) => !answers.has(ownerKey(owner)));
  for (const few of pagesOf(left, BY_USER_AT_ONCE)) {
    const asked = few.map(async (owner) => {
      const answer = await guard.ask(() => client.preferencesByUser(owner));
      if (answer) answers.set(ownerKey(owner), answer);
    });
    await Promise.all(asked);
  }
  return answers;
}

/** Places left in the last page of a question about so many owners. */
export function roomBeside(owners: number): number {
  return (BULK_LIMIT - (owners % BULK_LIMIT)) % BULK_LIMIT;
}
