import { setTimeout } from 'node:timers/promises';
import { StoreError } from './store-error.ts';

/** Pauses before a question is asked again, in milliseconds. */
const PAUSES = [200, 1000, 3000];

/**
 * Asks again where one answer of thousands fails to come, so that not all of them are lost with it.
 * @throws StoreError the last one, or at once what only a person can put right
 */
export async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const pause of PAUSES) {
    try {
      return await ask();
    } catch (error) {
      const passes = error instanceof StoreError && !error.configuration;
      if (!passes || error.blames === 'file') throw error;
      await setTimeout(pause);
    }
  }
  return ask();
}
