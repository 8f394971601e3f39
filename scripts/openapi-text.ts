import { execFileSync } from 'node:child_process';
import { apiRoutes } from '../src/api/app.ts';
import { openApiDocument } from '../src/api/openapi.ts';
import type { Deps } from '../src/deps.ts';

/** Where the document is kept for readers and client generators that have no running API at hand. */
export const OPENAPI_FILE = 'docs/openapi.json';

/** The OpenAPI document of the routes as formatted text. Routes touch dependencies only to answer. */
export function openApiText(): string {
  const document = openApiDocument(apiRoutes({} as Deps));
  return execFileSync(
    process.execPath,
    ['node_modules/@biomejs/biome/bin/biome', 'format', `--stdin-file-path=${OPENAPI_FILE}`],
    { input: JSON.stringify(document), encoding: 'utf8' },
  );
}
