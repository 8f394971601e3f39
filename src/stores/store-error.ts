import type { StoreName } from '../contracts/stores.ts';

export type { StoreName };

export interface StoreFailure {
  store: StoreName;
  operation: string;
  /** HTTP status, or the error code of the network or of the store. */
  code: number | string;
  /** Only a person can put it right: missing bucket or collection, refused credentials, wrong URL. */
  configuration: boolean;
  /** The store was too slow, as opposed to answering badly or not being there. */
  timedOut?: boolean;
  /** Whom it speaks against: the store as a whole (the default), or the one file that was asked about. */
  blames?: 'store' | 'file';
  /** Nothing was asked: the store rests or has reached its rate limit, for so many milliseconds. */
  retryAfterMs?: number;
  /** What to do about it. Goes into logs: no secrets, no e-mail addresses, no keys or file names. */
  advice: string;
}

/**
 * A store gave no usable answer. It never carries the original error as its cause: messages of
 * clients quote addresses and keys.
 */
export class StoreError extends Error {
  override name = 'StoreError';
  readonly store: StoreName;
  readonly operation: string;
  readonly code: number | string;
  readonly configuration: boolean;
  readonly timedOut: boolean;
  readonly blames: 'store' | 'file';
  readonly retryAfterMs: number | undefined;

  constructor(failure: StoreFailure) {
    super(`${failure.store}: ${failure.operation} failed (${failure.code}); ${failure.advice}`);
    this.store = failure.store;
    this.operation = failure.operation;
    this.code = failure.code;
    this.configuration = failure.configuration;
    this.timedOut = failure.timedOut ?? false;
    this.blames = failure.blames ?? 'store';
    this.retryAfterMs = failure.retryAfterMs;
  }
}

/** The store took one request for wrong, as opposed to being in trouble: it will refuse it again. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  return error.blames === 'file' || [400, 409, 413, 415, 422].includes(Number(error.code));
}

/** The most telling code of anything a client threw: `ECONNREFUSED`, `TimeoutError`, `NoSuchBucket`. */
export function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause instanceof Error ? failureCode(error.cause) : error.name;
}
