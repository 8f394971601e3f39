import { oneLine, shortMessage } from './untrusted-text.ts';

/** Longer subjects are cut by every client. */
const SUBJECT_LIMIT = { characters: 150, bytes: 600 };

/**
 * A header's worth of text: one line, no control characters, at most `SUBJECT_LIMIT` long. What opens
 * an encoded word (RFC 2047) is taken apart: mail programs would decode a name that looks like one, and
 * show characters that were taken out here.
 */
export function subjectLine(text: string): string {
  return shortMessage(oneLine(text).replaceAll('=?', '= ?'), SUBJECT_LIMIT);
}
