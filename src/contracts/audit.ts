import { z } from 'zod';

const count = z.number().int();

/** Accepted events by what became of them; the classes add up to `accepted` when `unaccounted` is 0. */
export const auditReport = z.object({
  accepted: count,
  reported: count,
  suppressed: count,
  unknown: count,
  failed: count,
  pending: count,
  dead_lettered: count,
  unaccounted: count,
});
export type AuditReport = z.output<typeof auditReport>;
