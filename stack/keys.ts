import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The secrets of a stack. They stay with its data: the same folder has the same keys next time. */

const NAMES = [
  'POSTGRES_PASSWORD',
  'INGESTION_SERVICE_API_KEY',
  'ADMIN_API_KEY',
  'CMS_API_TOKEN',
  'WEBHOOK_SECRET',
  'LINK_SECRET',
  'STRAPI_SECRET',
] as const;

export type Keys = Record<(typeof NAMES)[number], string>;

/** Reads the keys of a data folder, or makes new ones and keeps them, readable by the owner only. */
export async function loadKeys(dataDir: string): Promise<Keys> {
  const file = join(dataDir, 'keys.json');
  const kept = await readFile(file, 'utf8').then(JSON.parse, () => ({}));
  const keys = Object.fromEntries(NAMES.map((name) => [name, kept[name] ?? generate(name)]));
  await writeFile(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  return keys as Keys;
}

/** 192 random bits; webhook secrets in the form of Standard Webhooks, `whsec_` and base64. */
function generate(name: (typeof NAMES)[number]): string {
  const bytes = randomBytes(24);
  return name === 'WEBHOOK_SECRET' ? `whsec_${bytes.toString('base64')}` : bytes.toString('hex');
}
