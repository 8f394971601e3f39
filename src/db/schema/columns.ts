import { sql } from 'drizzle-orm';
import { customType } from 'drizzle-orm/pg-core';
import { parseInstant } from '../value-types.ts';

/** Column kinds shared by all tables. */

/** `timestamptz`, read as every other statement reads it: as a `Date`, which keeps milliseconds only. */
export const instant = customType<{ data: Date; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  toDriver: (value) => value.toISOString(),
  fromDriver: parseInstant,
});

/** When the row was written, set by Postgres. */
export const createdAt = () => instant('created_at').notNull().default(sql`now()`);
/** When the row last changed. Postgres sets the first; every later change has to say it. */
export const updatedAt = () => instant('updated_at').notNull().default(sql`now()`);

/** `value in ('a', 'b')`, for the CHECK constraint every status has. */
export const oneOf = (column: string, values: readonly string[]) =>
  sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(', ')})`);

/** A JSON column whose shape a contract describes. */
export const json = <Shape>(name: string) =>
  customType<{ data: Shape; driverData: string }>({
    dataType: () => 'jsonb',
    toDriver: (value) => JSON.stringify(value),
  })(name);
