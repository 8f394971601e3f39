import { z } from 'zod';
import { freeText } from './text.ts';

/**
 * How an error was settled: its leftovers were removed by itself, somebody or a later success mended
 * the file, or nothing is to be done.
 */
export const RESOLUTIONS = ['unresolved', 'auto_correction', 'manual_fix', 'ignored'] as const;
/** Who settled an error. */
export const RESOLVERS = ['system', 'operator'] as const;

/** Body of `PATCH /api/errors/:id`. */
export const errorResolution = z.strictObject({
  resolution_status: z.enum(RESOLUTIONS),
  resolution_note: freeText(2000).nullish(),
});
export type ErrorResolution = z.output<typeof errorResolution>;
