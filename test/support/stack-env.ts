import { inject } from 'vitest';
import type {} from './global-setup.ts';

/** The variables of the running parts; a copy, so that a flow may change its own. */
export function stackEnv(): Record<string, string> {
  return { ...inject('stackEnv') };
}
