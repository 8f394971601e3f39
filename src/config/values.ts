import { z } from 'zod';

/** How the values of variables are read, whichever part they are for. */

/** true or false. */
export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1');
/** A whole number within bounds. */
export const whole = (fallback: number, min = 0, max = 2 ** 31 - 1) =>
  z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(min)
    .max(max)
    .default(fallback);
/** Text that has to be there. */
export const text = () => z.string().min(1, 'is required');
