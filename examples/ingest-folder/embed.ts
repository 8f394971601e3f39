/** Vectors computed here, without a model: words and pairs of words hashed into a few hundred numbers. */

export const DIMENSIONS = 256;

const words = new Intl.Segmenter('und', { granularity: 'word' });

/**
 * Embeds a text as a unit vector of `DIMENSIONS` numbers. Texts that share words and pairs of words
 * point in similar directions; upper and lower case make no difference. The same text always gives
 * the same vector. A text without anything visible gives the zero vector.
 */
export function embed(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0);
  const found = wordsOf(text);
  found.forEach((word, index) => {
    add(vector, word);
    if (index > 0) add(vector, `${found[index - 1]} ${word}`);
  });
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** Words; in a text that has none, such as a row of emoji, whatever is visible. */
function wordsOf(text: string): string[] {
  const segments = [...words.segment(text.normalize('NFKC').toLowerCase())];
  const wordLike = segments.filter((segment) => segment.isWordLike);
  const chosen = wordLike.length > 0 ? wordLike : segments;
  return chosen.map(({ segment }) => segment.trim()).filter(Boolean);
}

/** The sign comes from the hash as well, so that words sharing a place do not add up to a bias. */
function add(vector: number[], feature: string): void {
  const hash = fnv1a(feature);
  const place = hash % DIMENSIONS;
  vector[place] = (vector[place] ?? 0) + (hash & 0x8000_0000 ? -1 : 1);
}

/** FNV-1a, 32 bit, over UTF-16 units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
