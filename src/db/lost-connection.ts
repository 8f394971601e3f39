import postgres from 'postgres';

/**
 * A transaction whose connection is lost is over: the server has rolled it back. The client library
 * (3.4) nevertheless writes ROLLBACK to the connection that is gone, which throws where nobody can
 * catch it and ends the process.
 */

/** Severities after which the server closes the connection. */
const FINAL = new Set(['FATAL', 'PANIC']);

/** Whether a query failed because its connection is gone, or will be at once. */
function lostConnection(error: unknown): boolean {
  // Only errors of queries carry the query; another part's lost connection is none of ours.
  if (!(error instanceof Error) || !('query' in error)) return false;
  if (!(error instanceof postgres.PostgresError)) return true;
  return FINAL.has(error.severity_local) || FINAL.has(error.severity);
}

/**
 * Wraps the work of a transaction. After a lost connection it never settles, so that no ROLLBACK is
 * written; the transaction itself is rejected by the library when the connection has closed.
 */
export function sparingLostConnections<Tx, Result>(
  work: (tx: Tx) => Result | Promise<Result>,
): (tx: Tx) => Promise<Result> {
  return async (tx) => {
    try {
      return await work(tx);
    } catch (error) {
      if (lostConnection(error)) return new Promise<never>(() => {});
      throw error;
    }
  };
}
