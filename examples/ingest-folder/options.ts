import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** What the demo was asked to do on its command line. */
export interface Options {
  /** The folder to ingest, absolute. */
  dir: string;
  /** One JSON object on standard output, and nothing else there. */
  json: boolean;
  /** Everything stays up after the summary, until Ctrl-C. */
  keep: boolean;
}

export const USAGE = `Usage: npm run demo -- [--dir PATH] [--json] [--keep]

  --dir PATH  ingest this folder instead of the one that comes with Tidings
  --json      print the summary as one JSON object, the story to standard error
  --keep      leave everything running, with every address printed, until Ctrl-C

Postgres, Redis, Chroma, S3, the CMS and the mail inbox are started for the demo unless a variable
such as DATABASE_URL names one.`;

const SHIPPED = fileURLToPath(new URL('./files', import.meta.url));

/**
 * Reads the command line.
 * @param from the folder relative paths start at: where the person stood when they called npm
 * @returns null where only the usage was asked for
 * @throws naming an option that does not exist
 */
export function parseOptions(args: string[], from: string): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: 'string' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const { json, keep } = values;
  return { dir: values.dir === undefined ? SHIPPED : resolve(from, values.dir), json, keep };
}
