import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import { type PreferenceFilters, preferenceFilters } from '../../src/contracts/cms-lists.ts';
import {
  type PreferenceChange,
  type PreferenceInput,
  type PreferenceOwner,
  preferenceChange,
  preferenceInput,
} from '../../src/contracts/preferences.ts';
import { ensureBot } from './bots.ts';
import type { Collection } from './collection.ts';
import { ensureCompany } from './companies.ts';
import type { Db, Tx } from './database.ts';
import { countRows, rowsOf } from './pagination.ts';
import type { PreferenceCache } from './preference-cache.ts';
import {
  ownerOf,
  type PreferenceAnswer,
  type PreferenceRow,
  present,
} from './preference-record.ts';
import { byEitherId } from './request-ids.ts';
import { preferences } from './schema.ts';
import type { Webhooks } from './webhooks.ts';

/** Besides what the API takes, any part of an address. */
type Filters = PreferenceFilters & { address_part?: string };

/** People's own preferences, as the API and the pages read and write them. */
export type PreferenceCollection = Collection<
  PreferenceAnswer,
  Filters,
  PreferenceInput,
  PreferenceChange
> & { remove(reference: string): Promise<boolean> };

const sameOwner = (a: PreferenceOwner, b: PreferenceOwner) =>
  a.company_id === b.company_id && a.bot_id === b.bot_id && a.user_email === b.user_email;

async function columnsOf<Fields extends PreferenceChange>(
  tx: Tx,
  { company, bot, ...fields }: Fields,
) {
  if (company !== undefined) await ensureCompany(tx, company);
  if (bot !== undefined) await ensureBot(tx, bot);
  return { ...fields, company_id: company, bot_id: bot };
}

/**
 * People's own preferences. Each write puts its webhook into the outbox in the same transaction and,
 * once committed, makes what was cached for the person void.
 */
export function preferenceCollection(
  db: Db,
  cache: PreferenceCache,
  webhooks: Webhooks,
): PreferenceCollection {
  /** Runs a write that answers the rows it touched, then forgets them and hurries their webhooks. */
  const written = async <Touched extends PreferenceRow[]>(write: (tx: Tx) => Promise<Touched>) => {
    const rows = await db.transaction(write);
    for (const row of rows) cache.forget(ownerOf(row));
    if (rows.length > 0) webhooks.wake();
    return rows;
  };

  return {
    name: 'notification preference',
    conflict: 'This person already has preferences for this company and bot; change those instead.',
    filters: preferenceFilters,
    input: preferenceInput,
    change: preferenceChange,
    list: async (wanted, page) => {
      const where = matching(wanted);
      const { limit, offset } = rowsOf(page);
      const rows = await db
        .select()
        .from(preferences)
        .where(where)
        .orderBy(asc(preferences.id))
        .limit(limit)
        .offset(offset);
      return { rows: rows.map(present), total: await countRows(db, preferences, where) };
    },
    find: async (reference) => {
      const [row] = await db.select().from(preferences).where(byEitherId(preferences, reference));
      return row ? present(row) : null;
    },
    create: async (input) => {
      const [row] = await written(async (tx) => {
        const columns = await columnsOf(tx, input);
        const [created] = await tx
          .insert(preferences)
          .values({ ...columns, company_id: input.company, bot_id: input.bot })
          .returning();
        await webhooks.enqueue(tx, 'created', ownerOf(created!), present(created!));
        return [created!];
      });
      return present(row!);
    },
    update: async (reference, change) => {
      const [after] = await written((tx) => updateRow(tx, webhooks, reference, change));
      return after ? present(after) : null;
    },
    remove: async (reference) => {
      const removed = await written(async (tx) => {
        const rows = await tx
          .delete(preferences)
          .where(byEitherId(preferences, reference))
          .returning();
        for (const row of rows) await webhooks.enqueue(tx, 'deleted', ownerOf(row));
        return rows;
      });
      return removed.length > 0;
    },
  };
}

/** @returns the row as it is now and as it was, or nothing when there is none */
async function updateRow(
  tx: Tx,
  webhooks: Webhooks,
  reference: string,
  change: PreferenceChange,
): Promise<PreferenceRow[]> {
  const [before] = await tx
    .select()
    .from(preferences)
    .where(byEitherId(preferences, reference))
    .for('update');
  if (!before) return [];
  const [after] = await tx
    .update(preferences)
    .set({ ...(await columnsOf(tx, change)), updatedAt: sql`now()` })
    .where(eq(preferences.id, before.id))
    .returning();
  const moved = !sameOwner(ownerOf(before), ownerOf(after!));
  if (moved) await webhooks.enqueue(tx, 'deleted', ownerOf(before));
  await webhooks.enqueue(tx, moved ? 'created' : 'updated', ownerOf(after!), present(after!));
  return [after!, before];
}

function matching({ company_id, bot_id, user_email, address_part }: Filters): SQL | undefined {
  return and(
    company_id === undefined ? undefined : eq(preferences.company_id, company_id),
    bot_id === undefined ? undefined : eq(preferences.bot_id, bot_id),
    user_email === undefined ? undefined : sql`lower(${preferences.user_email}) = ${user_email}`,
    address_part === undefined
      ? undefined
      : sql`position(lower(${address_part}) in lower(${preferences.user_email})) > 0`,
  );
}
