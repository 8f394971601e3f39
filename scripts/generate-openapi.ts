import { writeFile } from 'node:fs/promises';
import { OPENAPI_DOCUMENTS } from './openapi-text.ts';

/** Writes the OpenAPI documents: of the routes the API serves, and of the CMS contract. */

for (const { file, text } of OPENAPI_DOCUMENTS) {
  await writeFile(file, text());
  console.log(`${file} written`);
}
