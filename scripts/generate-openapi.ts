import { writeFile } from 'node:fs/promises';
import { CONTRACT_DOCUMENTS } from './openapi-text.ts';

/** Writes what is generated from the contracts: two OpenAPI documents and the module for Strapi. */

for (const { file, text } of CONTRACT_DOCUMENTS) {
  await writeFile(file, text());
  console.log(`${file} written`);
}
