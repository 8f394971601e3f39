import { execFileSync } from 'node:child_process';
import { cmsOpenApiDocument } from '../cms/contract/openapi.ts';
import { apiRoutes } from '../src/api/app.ts';
import { openApiDocument } from '../src/api/openapi.ts';
import type { Deps } from '../src/deps.ts';

/** A document kept for readers and client generators that have nothing running at hand. */
interface KeptDocument {
  file: string;
  /** The document as formatted text. */
  text(): string;
}

/** The API Tidings serves. Routes touch dependencies only to answer. */
const api: KeptDocument = {
  file: 'docs/openapi.json',
  text: () => formatted(openApiDocument(apiRoutes({} as Deps))),
};

/** The contract a CMS has to serve. */
const cms: KeptDocument = {
  file: 'docs/cms-openapi.json',
  text: () => formatted(cmsOpenApiDocument()),
};

/** Every OpenAPI document of the project. */
export const OPENAPI_DOCUMENTS = [api, cms];

function formatted(document: object): string {
  return execFileSync(
    process.execPath,
    ['node_modules/@biomejs/biome/bin/biome', 'format', '--stdin-file-path=openapi.json'],
    { input: JSON.stringify(document), encoding: 'utf8' },
  );
}
