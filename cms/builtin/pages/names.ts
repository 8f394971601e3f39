import { inArray } from 'drizzle-orm';
import type { Db } from '../database.ts';
import { bots, companies } from '../schema.ts';

/** What companies and bots are called, for people who do not know their numbers. */
export interface Names {
  company(id: number): string | null;
  bot(id: number): string | null;
}

/** Looks up the names of these companies and bots; null where they have none. */
export async function namesOf(
  db: Db,
  owners: { company: { id: number }; bot: { id: number } }[],
): Promise<Names> {
  const read = async (table: typeof companies | typeof bots, ids: number[]) => {
    if (ids.length === 0) return new Map<number, string | null>();
    const rows = await db
      .select({ id: table.id, name: table.name })
      .from(table)
      .where(inArray(table.id, [...new Set(ids)]));
    return new Map(rows.map(({ id, name }) => [id, name]));
  };
  const [companyNames, botNames] = await Promise.all([
    read(
      companies,
      owners.map(({ company }) => company.id),
    ),
    read(
      bots,
      owners.map(({ bot }) => bot.id),
    ),
  ]);
  return {
    company: (id) => companyNames.get(id) ?? null,
    bot: (id) => botNames.get(id) ?? null,
  };
}
