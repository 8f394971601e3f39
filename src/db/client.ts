import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as schema from './schema/index.ts';

const BIGINT_OID = 20;

/** 64-bit integers arrive as numbers: identities and counts here stay far below 2^53. */
const types = {
  bigint: {
    to: BIGINT_OID,
    from: [BIGINT_OID],
    serialize: (value: number) => String(value),
    parse: (value: string) => Number(value),
  },
};

/** Set-based statements are written in SQL; `Sql` is a pool or a transaction of it. */
export type Sql = postgres.Sql<{ bigint: number }>;
/** A transaction; query functions that must run inside one take this. */
export type Transaction = postgres.TransactionSql<{ bigint: number }>;
/** Either: query functions that stand alone or take part. */
export type Queryable = Sql | Transaction;
/** Drizzle's query builder over the same schema, for the reads of the API. */
export type Orm = PostgresJsDatabase<typeof schema>;

export interface Database {
  sql: Sql;
  orm: Orm;
  close(): Promise<void>;
}

/**
 * Opens two pools on one database: a raw one for the set-based statements and one for Drizzle, which
 * changes how its client reads dates.
 * @param poolSize connections of the raw pool; the query builder's pool has at most 4
 */
export function openDatabase(url: string, poolSize = 10): Database {
  const options = { onnotice: () => {}, connect_timeout: 10, max_lifetime: null };
  const sql = postgres(url, { ...options, max: poolSize, types }) as Sql;
  const ormClient = postgres(url, { ...options, max: Math.min(poolSize, 4) });
  return {
    sql,
    orm: drizzle(ormClient, { schema }),
    close: async () => {
      await Promise.all([sql.end({ timeout: 5 }), ormClient.end({ timeout: 5 })]);
    },
  };
}

/** The SQLSTATE of a Postgres error, also where Drizzle has wrapped it; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code))
    return error.code;
  return sqlState(error.cause);
}
