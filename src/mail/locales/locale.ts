import type { StoreName } from '../../contracts/stores.ts';
import type { CloseReason } from '../../domain/batching.ts';

/** Everything a mail says, in one language. A new language is one file of this shape, listed in `index.ts`. */

/** What became of a file, as its owner sees it. */
export type Outcome = 'ready' | 'failed' | 'unfinished';

/** One form per CLDR plural category the language uses; `{n}` stands for the number. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** What an operator is told about one kind of alert. `title` is also the subject. */
export interface AlertWords {
  title: string;
  action: string;
}

/** What operators are told of. */
export type AlertKind =
  | 'correction_failed'
  | 'correction_conflict'
  | 'correction_brake'
  | 'restore_failed'
  | 'email_failed'
  | 'email_unknown'
  | 'quota_exceeded'
  | 'queue_failed'
  | 'job_refused'
  | 'store_misconfigured';

export interface Locale {
  /** BCP 47 language, used for plural rules, lists and the `lang` attribute. */
  language: string;
  batch: {
    /** The first clause of the headline counts files by name, the next ones only number them. */
    headline: { first: Record<Outcome, Plural>; next: Record<Outcome, Plural> };
    subject: Record<Outcome, Plural>;
    single: { headline: Record<Outcome, string>; subject: Record<Outcome, string> };
    bot: string;
    stillRunning: string;
    attachment: string;
    open: string;
    why: Record<CloseReason, string>;
    recipient: string;
    reference: string;
  };
  files: {
    short: Record<Outcome, Plural>;
    section: Record<Outcome, string>;
    more: Plural;
    unnamed: string;
    chunks: Plural;
    message: string;
  };
  reasons: Record<
    'file_not_found' | 's3_error' | 'processing_error' | 'storage_error' | 'unknown',
    string
  >;
  cleanup: {
    /** `{places}` is a list of these; each sentence has to take them in this form. */
    places: Record<StoreName, string>;
    removed: string;
    restored: string;
    pending: string;
    approval: string;
    failed: string;
    cancelled: string;
    /** Called off after some of it was removed. */
    restCancelled: string;
    trial: string;
    nothing: string;
  };
  /** A file that succeeded while a clean-up was removing it; `text` takes `{places}` as `cleanup` does. */
  conflict: Record<'lost' | 'restored', { heading: string; text: string }>;
  summary: {
    title: Record<'day' | 'week', string>;
    subject: Record<'day' | 'week', string>;
    quiet: string;
    batches: string;
    failed: string;
    moreBatches: Plural;
    why: string;
  };
  alerts: Record<AlertKind, AlertWords>;
  alert: {
    since: string;
    reason: string;
    action: string;
    details: string;
    /** Label of a request to the API. */
    request: string;
    open: string;
    why: string;
  };
  /** The link in a mail and the page behind it. */
  unsubscribe: { action: string } & Record<
    'ask' | 'done' | 'expired' | 'unknown' | 'unavailable',
    { title: string; text: string; note?: string }
  >;
  zone: string;
}
