import { setTimeout } from 'node:timers/promises';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { openPostgres } from '../postgres-client.ts';
import * as schema from './schema/index.ts';
import { valueTypes } from './value-types.ts';

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
  /** One connection of its own, for locks that last as long as the session. */
  session: Sql;
  orm: Orm;
  close(): Promise<void>;
}

/**
 * Opens three pools on one database: a raw one for the set-based statements, one of a single connection
 * for locks of the session, and one for Drizzle, which changes how its client reads dates. Every
 * connection is made when it is first needed.
 * @param poolSize connections of the raw pool; the query builder's pool has at most 4
 * @param onLost told of each transaction that a deadlock made begin anew
 */
export function openDatabase(url: string, poolSize = 10, onLost = () => {}): Database {
  const open = (max: number) =>
    openPostgres(url, 'tidings', { types: valueTypes, max_lifetime: null, max });
  const sql = beginAnew(open(poolSize) as unknown as Sql, onLost);
  const session = open(1) as unknown as Sql;
  // Drizzle parses by itself.
  const ormClient = openPostgres(url, 'tidings', {
    max_lifetime: null,
    max: Math.min(poolSize, 4),
  });
  return {
    sql,
    session,
    orm: drizzle(ormClient, { schema }),
    close: async () => {
      await Promise.all([sql, session, ormClient].map((client) => client.end({ timeout: 5 })));
    },
  };
}

/** SQLSTATEs of a transaction that was given up in favour of others: serialization failure, deadlock. */
const LOST = ['40001', '40P01'];
const TIMES = 4;
/** Two that lost must not meet again: each pauses for up to this many milliseconds, longer each time. */
const PAUSE_MS = 50;

/**
 * Has the transactions of a pool begin anew when Postgres gave them up in favour of others. Nothing of
 * them was done, so their work is called once more; what it keeps outside of the transaction, it has to
 * be able to keep twice.
 */
function beginAnew(sql: Sql, onLost: () => void): Sql {
  const begin = sql.begin.bind(sql) as <Result>(
    work: (tx: Transaction) => Promise<Result>,
  ) => Promise<Result>;
  const again: typeof begin = async (work) => {
    for (let nth = 1; ; nth += 1) {
      try {
        return await begin(work);
      } catch (error) {
        if (nth === TIMES || !LOST.includes(sqlState(error) ?? '')) throw error;
        onLost();
        await setTimeout(PAUSE_MS * nth * Math.random());
      }
    }
  };
  return Object.assign(sql, { begin: again });
}

/**
 * Opens one connection to work on alone. Once it is lost, so is whatever lasts as long as the session:
 * locks and temporary tables.
 */
export function openSession(url: string, name: string): Sql {
  const options = { types: valueTypes, max_lifetime: null, max: 1 };
  return openPostgres(url, name, options) as unknown as Sql;
}

/** The SQLSTATE of a Postgres error, also where Drizzle has wrapped it; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // By class, because a code of the network, such as EPIPE, looks like one.
  if (error instanceof postgres.PostgresError) return error.code;
  return sqlState(error.cause);
}

/**
 * Whether a statement failed for the sake of what was in it, so that parts of it may succeed: data that
 * does not fit (class 22), constraints (23), rolled back for others' sake (40), too much (54).
 */
export const blamesContent = (error: unknown): boolean =>
  /^(2[23]|40|54)/.test(sqlState(error) ?? '');

/**
 * Whether a statement failed for want of a database: lost or refused connections, shutting down, starting
 * up, out of connections or resources, or one that takes no writes, as a replica after a failover.
 */
export function isDatabaseDown(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return /^(08|53|57P0|25006)/.test(state);
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (
      'code' in at &&
      /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|CONNECT|EHOSTUNREACH)/.test(String(at.code))
    )
      return true;
  return false;
}

/** Whether the database would take a write. @throws when it does not answer, or takes none */
export async function probeDatabase(sql: Sql): Promise<void> {
  const [row] = await sql<{ refuses: boolean }[]>`
    select current_setting('transaction_read_only')::boolean as refuses`;
  if (row?.refuses) throw new Error('the database is read-only');
}
