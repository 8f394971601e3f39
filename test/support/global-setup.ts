import type { TestProject } from 'vitest/node';
import { startStack } from '../../stack/stack.ts';

/** Starts what is not configured, once for all flows, and hands its variables to them. */

/** A running CMS to hold the contract against, and where it was told to send its webhooks. */
export interface CmsUnderTest {
  url: string;
  token: string;
  /** Port of 127.0.0.1 its webhooks go to. */
  webhookPort: number;
  webhookKey: string;
  webhookSecret: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    stackEnv: Record<string, string>;
    /** The CMS the contract tests are about, where it is not one of their own. */
    cmsUnderTest?: CmsUnderTest;
  }
}

/** A closed port: a flow that needs a CMS starts one of its own and says where. */
const NO_CMS = 'http://127.0.0.1:1';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({
    fresh: true,
    parts: ['postgres', 'redis', 'chroma', 's3', 'inbox'],
    log: (line) => process.stderr.write(`${line}\n`),
  });
  project.provide('stackEnv', { ...stack.env, CMS_API_URL: stack.env.CMS_API_URL || NO_CMS });
  return stack.stop;
}
