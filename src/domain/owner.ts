import type { PreferenceOwner } from '../contracts/preferences.ts';

/** `company:bot:email`: the key batches and preferences are kept by. */
export function ownerKey(owner: PreferenceOwner): string {
  return `${owner.company_id}:${owner.bot_id}:${owner.user_email}`;
}
