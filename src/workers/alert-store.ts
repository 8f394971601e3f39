import type { StoreError } from '../stores/store-error.ts';
import type { Alert } from './alert.ts';

/** What operators are told, once per store and day, of a mistake that only they can put right. */
export function storeAlert({ store, operation, code, message }: StoreError, now: Date): Alert {
  return {
    kind: 'store_misconfigured',
    subject: store,
    subjectId: `${store}-${now.toISOString().slice(0, 10)}`,
    since: now,
    reason: message,
    details: [
      { label: 'Store', value: store },
      { label: 'Operation', value: operation },
      { label: 'Answer', value: String(code) },
    ],
  };
}
