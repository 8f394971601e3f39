import type { OutgoingMail } from '../message.ts';

/**
 * The transport itself is in trouble, whatever the mail: it cannot be reached, it is silent, or it
 * says that it is out of order. A circuit breaker counts these and nothing else.
 */
export type Trouble = 'failed' | 'timed-out';

/** What is known about one mail after one attempt to hand it over. Texts carry no e-mail address. */
export type SendOutcome = (
  | /** The server took responsibility for the mail. */
  { outcome: 'sent'; response: string }
  /** Certainly not accepted; may be tried again later. */
  | { outcome: 'transient'; reason: string; response?: string; trouble?: Trouble }
  /** Certainly not accepted, and never will be. */
  | { outcome: 'permanent'; reason: string; response?: string }
  /** The body was written to the end and no answer came: only the server knows. */
  | { outcome: 'unknown'; reason: string; trouble?: Trouble }
  /**
   * Nothing can be handed over now: credentials or configuration are wrong, a limit is reached, or the
   * transport rests. Says nothing about the mail, so it costs no attempt. `retryAfterMs`, where it is
   * known, is the time from now until asking again makes sense. `inLine`: it was not even the mail's turn,
   * which says nothing about the transport either.
   */
  | { outcome: 'unavailable'; reason: string; retryAfterMs?: number; inLine?: true }
) & {
  /** Where there are several transports: the name of the one that said so. */
  via?: string;
};

export interface SendOptions {
  /**
   * Called at most once, after the server asked for the body (SMTP) or the connection stands (HTTP),
   * and before the first byte of the mail leaves, which waits for the promise. A rejection abandons
   * the mail, and `send` rejects with the same error.
   */
  beforeBody: () => Promise<void>;
  /** Abandons the attempt; before the end of the body that is `transient`, after it `unknown`. */
  signal?: AbortSignal;
  /**
   * By `performance.now()`: where mails wait in line, one whose turn has not come by then leaves the line.
   * An attempt that has begun goes on.
   */
  startBy?: number;
}

/** A way out for mail. `send` rejects only with what `beforeBody` rejected with. */
export interface Transport {
  /** For people: names the server, never an account. */
  name: string;
  send(mail: OutgoingMail, options: SendOptions): Promise<SendOutcome>;
  /**
   * Connects and logs in without sending.
   * @throws Error saying what failed and where
   */
  verify(): Promise<void>;
  /** Lets attempts under way finish, then ends the connections. */
  close(): Promise<void>;
}
