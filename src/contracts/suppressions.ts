import { z } from 'zod';
import { emailAddress } from './text.ts';

/** Addresses that get no more mail, and what mail providers say about them. */

export const SUPPRESSION_REASONS = ['hard_bounce', 'complaint', 'manual'] as const;
/** Who said so: Amazon SES, SendGrid, a bounce or complaint mail, or an operator. */
export const SUPPRESSION_SOURCES = ['ses', 'sendgrid', 'dsn', 'operator'] as const;

export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];
export type SuppressionSource = (typeof SUPPRESSION_SOURCES)[number];

/** What a provider's message says about one address. */
export interface DeliveryNotice {
  /** In lower case. */
  email: string;
  reason: Exclude<SuppressionReason, 'manual'>;
  /** For operators; every address in it is masked. */
  detail: string;
  /** When it happened; a notice from before an operator's lifting of the address is void. */
  at: Date;
}

/** Body of `POST /api/suppressions`. */
export const suppressionRequest = z.strictObject({
  email: emailAddress,
  reason: z.enum(SUPPRESSION_REASONS).default('manual'),
});
