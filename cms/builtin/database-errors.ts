/** What the CMS can tell from a database error. Drizzle wraps the original in `cause`. */

const UNIQUE_VIOLATION = '23505';
/** Serialization failure, deadlock, time-out, shutting down, starting up, no connection left. */
const TRANSIENT_STATES = /^(40001|40P01|57014|57P0[123]|53\d{3}|08\d{3})$/;
const CONNECTION_CODES =
  /^(CONNECTION_(CLOSED|ENDED|DESTROYED|REFUSED)|CONNECT_TIMEOUT|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN))$/;

/** The SQLSTATE or network code of an error, looked for through its causes. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return errorCode(error.cause);
}

/** Another row already has this key. */
export function isDuplicate(error: unknown): boolean {
  return errorCode(error) === UNIQUE_VIOLATION;
}

/** The database cannot be reached or cannot answer now; the same request may succeed later. */
export function isDatabaseOutage(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return TRANSIENT_STATES.test(code) || CONNECTION_CODES.test(code);
}
