/** All tables, for the migration generator and the query builder. */
export * from './archive.ts';
export * from './batches.ts';
export * from './correction-brakes.ts';
export * from './corrections.ts';
export * from './emails.ts';
export * from './events.ts';
export * from './opt-outs.ts';
export * from './quarantines.ts';
export * from './store-audits.ts';
export * from './suppressions.ts';
export * from './usage.ts';
