import { shortMessage } from './untrusted-text.ts';

/** Longer subjects are cut by every client. */
export const SUBJECT_LIMIT = { characters: 150, bytes: 600 };

/** A header's worth of text: one line, no control characters, at most `SUBJECT_LIMIT` long. */
export function subjectLine(text: string): string {
  return shortMessage(text, SUBJECT_LIMIT);
}
