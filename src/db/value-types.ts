/**
 * How values travel to and from Postgres. Given here so that the driver need not ask for the array
 * types on every new connection, a question whose loss would end the process.
 */

const BIGINT_OID = 20;
const INSTANT_OID = 1184;

/** Array types the statements use, by name and object id; both are fixed in Postgres' catalogue. */
const ARRAY_OIDS = {
  booleans: 1000,
  integers: 1007,
  texts: 1009,
  bigints: 1016,
  floats: 1022,
  timestamps: 1185,
  uuids: 2951,
  jsons: 3807,
} as const;

const NEEDS_ESCAPE = /["\\]/;

/** A one-dimensional array as Postgres writes it. Statements carry thousands of elements: each is looked at once. */
export function arrayLiteral(items: readonly unknown[]): string {
  const elements = items.map((item) => {
    if (item === null || item === undefined) return 'NULL';
    if (typeof item === 'number') return item;
    const text = item instanceof Date ? item.toISOString() : String(item);
    return `"${NEEDS_ESCAPE.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;
  });
  return `{${elements.join(',')}}`;
}

const arrays = Object.fromEntries(
  Object.entries(ARRAY_OIDS).map(([name, oid]) => [
    name,
    // Arrays are sent, never read: statements answer rows or JSON.
    { to: oid, from: [oid], serialize: arrayLiteral, parse: (text: string) => text },
  ]),
);

/**
 * Reads an instant as a session in UTC writes it. As it stands `Date` would take the year 40 for 2040;
 * as ISO 8601 it does not, and is quicker.
 */
export function parseInstant(text: string): Date {
  const { length } = text;
  const fourDigits = text[4] === '-' && text.endsWith('+00');
  return new Date(fourDigits ? `${text.slice(0, 10)}T${text.slice(11, length - 3)}Z` : text);
}

/** 64-bit integers arrive as numbers: identities and counts here stay far below 2^53. */
export const valueTypes = {
  ...arrays,
  bigint: {
    to: BIGINT_OID,
    from: [BIGINT_OID],
    serialize: (value: number) => String(value),
    parse: (value: string) => Number(value),
  },
  instant: {
    to: INSTANT_OID,
    from: [INSTANT_OID],
    serialize: (value: Date | string) => (value instanceof Date ? value.toISOString() : value),
    parse: parseInstant,
  },
};
