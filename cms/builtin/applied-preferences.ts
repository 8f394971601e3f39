import { inArray, sql } from 'drizzle-orm';
import { BUILT_IN_SETTINGS, type PreferenceOwner } from '../../src/contracts/preferences.ts';
import type { Db } from './database.ts';
import type { PreferenceCache } from './preference-cache.ts';
import {
  type AppliedPreferences,
  applied,
  ownerKey,
  type PreferenceRow,
  present,
  presentDefaults,
} from './preference-record.ts';
import { companies, preferences } from './schema.ts';

/**
 * What applies to each of these people: their own row, else the company's defaults over the built-in
 * ones. Cached answers are taken first; all others come from one or two queries.
 * @param owners with their addresses in lower case
 * @returns one answer per owner, in their order
 */
export async function appliedPreferences(
  db: Db,
  cache: PreferenceCache,
  owners: PreferenceOwner[],
): Promise<(AppliedPreferences & { cached: boolean })[]> {
  const epoch = cache.epoch();
  const remembered = owners.map((owner) => cache.get(owner));
  const unknown = owners.filter((_owner, index) => !remembered[index]);
  const fresh = await readPreferences(db, unknown);
  return owners.map((owner, index) => {
    const cached = remembered[index];
    if (cached) return { ...cached, cached: true };
    const applied = fresh.get(ownerKey(owner))!;
    cache.set(owner, applied, epoch);
    return { ...applied, cached: false };
  });
}

/** The same from the database, by `ownerKey`. */
export async function readPreferences(
  db: Db,
  owners: PreferenceOwner[],
): Promise<Map<string, AppliedPreferences>> {
  const own = await ownRows(db, owners);
  const without = owners.filter((owner) => !own.has(ownerKey(owner)));
  const defaults = await companyDefaults(db, without);
  return new Map(
    owners.map((owner) => {
      const row = own.get(ownerKey(owner));
      const settings = { ...BUILT_IN_SETTINGS, ...defaults.get(owner.company_id) };
      return [
        ownerKey(owner),
        row ? applied(present(row), false) : applied(presentDefaults(owner, settings), true),
      ];
    }),
  );
}

async function ownRows(db: Db, owners: PreferenceOwner[]): Promise<Map<string, PreferenceRow>> {
  if (owners.length === 0) return new Map();
  // One parameter, however many they are: the statement is prepared once and cheap to bind.
  const wanted = sql`
    select company_id, bot_id, user_email
    from json_to_recordset(${JSON.stringify(owners)}::json)
      as owner (company_id int, bot_id int, user_email text)`;
  const rows = await db
    .select()
    .from(preferences)
    .where(
      sql`(${preferences.company_id}, ${preferences.bot_id}, lower(${preferences.user_email})) in (${wanted})`,
    );
  return new Map(rows.map((row) => [ownerKey(row), row]));
}

async function companyDefaults(db: Db, owners: PreferenceOwner[]) {
  if (owners.length === 0) return new Map();
  const rows = await db
    .select({ id: companies.id, settings: companies.default_notification_settings })
    .from(companies)
    .where(inArray(companies.id, [...new Set(owners.map((owner) => owner.company_id))]));
  return new Map(rows.map((row) => [row.id, row.settings]));
}
