import type { JobContext } from '../../src/workers/run-job.ts';

/** A job without a queue behind it, for tests that run a processor themselves. */
export const jobContext = (id: string): JobContext => ({
  id,
  addedAt: 0,
  replacePayload: async () => undefined,
});
