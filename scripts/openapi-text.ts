import { execFileSync } from 'node:child_process';
import { cmsOpenApiDocument } from '../cms/contract/openapi.ts';
import { apiRoutes } from '../src/api/app.ts';
import { openApiDocument } from '../src/api/openapi.ts';
import type { Deps } from '../src/deps.ts';
import { STRAPI_CONTRACT_FILE, strapiContractText } from './strapi-contract-text.ts';

/** A form of the contracts kept for those who have nothing of this project running at hand. */
interface KeptDocument {
  file: string;
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

/** The same contract as the validators of the Strapi application. */
const strapi: KeptDocument = { file: STRAPI_CONTRACT_FILE, text: strapiContractText };

/** Everything that is generated from the contracts. */
export const CONTRACT_DOCUMENTS = [api, cms, strapi];

function formatted(document: object): string {
  return execFileSync(
    process.execPath,
    ['node_modules/@biomejs/biome/bin/biome', 'format', '--stdin-file-path=openapi.json'],
    { input: JSON.stringify(document), encoding: 'utf8' },
  );
}
