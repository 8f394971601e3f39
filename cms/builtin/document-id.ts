import { randomBytes } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const ALPHABET = `${LETTERS}0123456789`;

/** A new document id: 24 characters, the first a letter, so that it never reads as a numeric id. */
export function newDocumentId(): string {
  return [...randomBytes(24)]
    .map((byte, index) => (index === 0 ? LETTERS[byte % 26] : ALPHABET[byte % 36]))
    .join('');
}
