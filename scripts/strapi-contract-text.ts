import { buildSync } from 'esbuild';

/** The module that is the contract for the Strapi application, which is installed without this project. */
export const STRAPI_CONTRACT_FILE = 'cms/strapi/src/contract.js';

const BANNER = `'use strict';
// Generated from src/contracts by \`npm run openapi\`; the shapes are changed there.`;

/** What it exports: the shapes of requests, and the settings that apply where nobody said anything. */
const ENTRY = `
export * from './src/contracts/cms.ts';
export * from './src/contracts/cms-lists.ts';
export * from './src/contracts/preferences.ts';
export { identifier } from './src/contracts/text.ts';
`;

/** The module's text: the project's own schemas as one CommonJS file that needs only zod. */
export function strapiContractText(): string {
  const { outputFiles } = buildSync({
    stdin: { contents: ENTRY, resolveDir: '.' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['zod'],
    banner: { js: BANNER },
  });
  return outputFiles.map(({ text }) => text).join('');
}
