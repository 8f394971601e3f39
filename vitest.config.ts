import { defineConfig } from 'vitest/config';

/** Flows run on parts that are started once for all of them. */
const onRealParts = {
  globalSetup: ['test/support/global-setup.ts'],
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,cms,stack,examples,scripts,bench}/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'flows',
          include: ['test/{flows,cms-contract}/**/*.test.ts'],
          ...onRealParts,
        },
      },
      {
        test: {
          // The same contract, and the way of an event, with a real Strapi as the CMS.
          name: 'strapi',
          include: ['test/{cms-contract,strapi}/**/*.test.ts'],
          ...onRealParts,
          globalSetup: ['test/support/strapi-setup.ts'],
          // Strapi tells one address of changes; one test at a time listens there.
          fileParallelism: false,
        },
      },
      { test: { name: 'resilience', include: ['test/resilience/**/*.test.ts'], ...onRealParts } },
      {
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          // It takes every core there is.
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
