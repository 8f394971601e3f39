import { writeFile } from 'node:fs/promises';
import { OPENAPI_FILE, openApiText } from './openapi-text.ts';

/** Writes the OpenAPI document from the routes the API serves. */

await writeFile(OPENAPI_FILE, openApiText());
console.log(`${OPENAPI_FILE} written`);
