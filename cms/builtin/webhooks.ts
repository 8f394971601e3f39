import { randomUUID } from 'node:crypto';
import type { PreferenceOwner, PreferenceWebhook } from '../../src/contracts/preferences.ts';
import type { Tx } from './database.ts';
import type { PreferenceAnswer } from './preference-record.ts';
import { webhookOutbox } from './schema.ts';

/** How a change of preferences is told to the ingestion service. */
export interface Webhooks {
  /** Writes the webhook into the outbox, in the transaction of the change it tells of. */
  enqueue(
    tx: Tx,
    action: PreferenceWebhook['action'],
    owner: PreferenceOwner,
    preferences?: PreferenceAnswer,
  ): Promise<void>;
  /** Says that something was committed, so that nobody waits for the next look. */
  wake(): void;
}

/** Nobody is told: no receiver is configured, so nothing is kept either. */
export const noWebhooks: Webhooks = { enqueue: async () => {}, wake: () => {} };

/** Webhooks that go through the outbox. */
export function outboxWebhooks(wake: () => void): Webhooks {
  return {
    enqueue: async (tx, action, owner, preferences) => {
      const payload = {
        action,
        ...owner,
        ...(preferences ? { preferences } : {}),
        timestamp: new Date().toISOString(),
      };
      await tx
        .insert(webhookOutbox)
        .values({ message_id: `msg_${randomUUID()}`, payload: JSON.stringify(payload) });
    },
    wake,
  };
}
