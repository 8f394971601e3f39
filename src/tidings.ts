#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from './config.ts';
import { refuseOlderSchema } from './db/migrate.ts';
import { openDeps } from './deps.ts';
import { exitCodeOf } from './domain/store-audit.ts';
import { masked } from './observability/logger.ts';
import { auditStores } from './workers/audit-stores.ts';
import { auditText } from './workers/audit-text.ts';

/** Entry of the commands for operators. */

const USAGE = `Usage: tidings audit-stores [--fix] [--json] [--examples=N]

Compares object storage, Chroma and the CMS with each other and with our own records. It reads and
reports; nothing is changed without --fix.

  --fix         make correction tasks for what failed and deleted files left
  --json        the report as JSON
  --examples=N  name up to N of each kind (10)

Ends with 0 where nothing was found, 3 where something was, 1 where it could not be looked at.
`;

/** Words nobody can make a command of. */
class UsageError extends Error {
  override name = 'UsageError';
}

interface Order {
  fix: boolean;
  json: boolean;
  examples: number;
}

/** @throws UsageError */
function orderOf(args: string[]): Order | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        fix: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        examples: { type: 'string', default: '10' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return null;
    if (positionals.join(' ') !== 'audit-stores')
      throw new UsageError(`no such command: ${positionals.join(' ') || 'none was given'}`);
    if (!/^\d{1,5}$/.test(values.examples))
      throw new UsageError('--examples takes a whole number up to 99999');
    return { fix: values.fix, json: values.json, examples: Number(values.examples) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @returns the exit code */
async function main(): Promise<number> {
  const order = orderOf(process.argv.slice(2));
  if (!order) {
    process.stdout.write(USAGE);
    return 0;
  }
  const config = loadConfig();
  if (order.fix && !config.ENABLE_AUTO_CORRECTION)
    throw new ConfigError('--fix makes corrections, and ENABLE_AUTO_CORRECTION is false');
  await refuseOlderSchema(config.DATABASE_URL);
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  // Standard output is the report's.
  const deps = openDeps({ ...config, LOG_LEVEL: 'silent' }, 'tidings');
  try {
    const { fix, examples } = order;
    const options = { trigger: 'command', fix, examples, signal: stopping.signal } as const;
    const report = await auditStores(deps, options);
    if (!report) {
      process.stderr.write('Another process is auditing the stores; try again when it is done.\n');
      return 1;
    }
    process.stdout.write(order.json ? `${JSON.stringify(report, null, 2)}\n` : auditText(report));
    return exitCodeOf(report);
  } finally {
    await deps.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof ConfigError || error instanceof UsageError;
    const text = error instanceof Error ? (known ? error.message : reason(error)) : String(error);
    process.stderr.write(`${masked(text)}\n${error instanceof UsageError ? `\n${USAGE}` : ''}`);
    process.exitCode = 1;
  },
);

/** What came in the way, by its code where the driver says nothing else. */
function reason(error: Error): string {
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return `The stores could not be audited: ${error.message || error.name}${code}`;
}
