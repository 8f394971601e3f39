import postgres from 'postgres';

/**
 * How every process opens Postgres. The driver is patched at installation (patches/): as published,
 * version 3.4.9 does not outlive the loss of a connection. What a lost transaction did next went into
 * the session that took its place (issue 1216), answers carried rows of the question before, and
 * connections stayed mute (issue 1208) or ended the process.
 */

/** Seconds before a client connects again: the driver's own pauses grow to twenty. */
const reconnectAfter = (failures: number): number => Math.min(1, 0.05 * 2 ** failures);

/**
 * Opens a pool; nothing is connected before the first query.
 * @param name what the database shows as the application
 * @param options of the driver, besides those all pools share
 * @throws Error when the driver was installed without its patch
 */
export function openPostgres<Types extends Record<string, postgres.PostgresType>>(
  url: string,
  name: string,
  options: postgres.Options<Types> = {},
) {
  if (!('patched' in postgres))
    throw new Error(
      'the Postgres driver lacks its patch; install with `npm ci`, without --ignore-scripts',
    );
  return postgres(url, {
    connect_timeout: 10,
    onnotice: () => {},
    backoff: reconnectAfter,
    // Nobody waits for the answer to that question: lost, it would end the process.
    fetch_types: false,
    ...options,
    // Elsewhere instants of long ago are written with offsets of seconds, which nobody reads.
    connection: { ...options.connection, application_name: name, TimeZone: 'UTC' },
  });
}
