import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import drizzleConfig from '../drizzle.config.ts';
import { CONTRACT_DOCUMENTS } from './openapi-text.ts';

/** Fails when a generated file that is committed is not what would be generated now. */

interface Migrations {
  folder: string;
  schema: string;
  renew: string;
}

const MIGRATIONS: Migrations[] = [
  {
    folder: 'drizzle',
    schema: String(drizzleConfig.schema),
    renew: 'npm run db:generate',
  },
  {
    folder: 'cms/builtin/migrations',
    schema: './cms/builtin/schema.ts',
    renew:
      'npx drizzle-kit generate --dialect postgresql --schema ./cms/builtin/schema.ts --out ./cms/builtin/migrations',
  },
];

/** @returns what is wrong, or undefined where the migrations lead to the schema */
async function staleMigrations({ folder, schema, renew }: Migrations): Promise<string | undefined> {
  const copy = await mkdtemp('.check-generated-');
  try {
    await cp(folder, copy, { recursive: true });
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        'node_modules/drizzle-kit/bin.cjs',
        ...['generate', '--dialect', 'postgresql', '--schema', schema, '--out', `./${copy}`],
      ],
      { timeout: 120_000, encoding: 'utf8' },
    );
    // It exits with 0 when the schema is broken, or when it would have to ask about a renamed column.
    if (stdout.includes('No schema changes')) return undefined;
    const known = new Set(await readdir(folder));
    const added = (await readdir(copy)).filter((name) => !known.has(name));
    const statements = await Promise.all(added.map((name) => readFile(join(copy, name), 'utf8')));
    return `${folder} does not lead to ${schema}; run \`${renew}\`.\n${statements.join('\n') || stderr || stdout}`;
  } catch (error) {
    return `${folder} could not be compared with its schema; run \`${renew}\`. ${(error as Error).message}`;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** @returns what is wrong with one document, or undefined where it is current */
async function staleDocument({
  file,
  text,
}: (typeof CONTRACT_DOCUMENTS)[number]): Promise<string | undefined> {
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed === text()) return undefined;
  return `${file} is not what the routes say; run \`npm run openapi\`.`;
}

const problems = [
  ...(await Promise.all(MIGRATIONS.map(staleMigrations))),
  ...(await Promise.all(CONTRACT_DOCUMENTS.map(staleDocument))),
].filter((problem) => problem !== undefined);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else
  console.log(
    `generated files: ${MIGRATIONS.length} migration folders and ${CONTRACT_DOCUMENTS.length} contract documents are current`,
  );
