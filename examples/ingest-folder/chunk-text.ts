/** Splitting text into overlapping chunks, at paragraphs where there are any. */

export interface Chunk {
  text: string;
  /** Where the chunk begins in the whole text, in UTF-16 units. */
  start: number;
}

/** The best places to cut, best first: between paragraphs, lines, sentences, words. */
const BOUNDARIES = [/\n\s*\n/g, /\n/g, /[.!?。！？]["'”’)\]]*\s*/g, /\s+/g];

/**
 * Cuts a text that arrives in pieces into chunks of at most `size` UTF-16 units, each of which starts
 * with up to `overlap` units of the end of the one before. Where the pieces end makes no difference,
 * and no character is ever split.
 * @param overlap less than half of `size`
 */
export function* chunkText(
  pieces: Iterable<string>,
  size = 500,
  overlap = 60,
): Generator<Chunk, void> {
  let waiting = '';
  let start = 0;
  for (const piece of pieces) {
    waiting += piece;
    while (waiting.length > size) {
      const cut = cutWithin(waiting.slice(0, size + 1), size);
      yield { text: waiting.slice(0, cut), start };
      const next = nextStart(waiting.slice(0, cut + 1), cut, overlap);
      waiting = waiting.slice(next);
      start += next;
    }
  }
  if (waiting) yield { text: waiting, start };
}

/** Groups items, so that a store is asked once per page. */
export function* inPages<T>(items: Iterable<T>, size: number): Generator<T[], void> {
  let page: T[] = [];
  for (const item of items) {
    page.push(item);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The last good place in the second half of `text`, else `size` itself. */
function cutWithin(text: string, size: number): number {
  for (const boundary of BOUNDARIES) {
    const ends = [...text.matchAll(boundary)].map((match) => match.index + match[0].length);
    const last = ends.findLast((end) => end > size / 2 && end <= size);
    if (last !== undefined) return last;
  }
  return withoutSplitting(text, size);
}

/** Where the next chunk starts: at a word within the overlap, if one starts there. */
function nextStart(text: string, cut: number, overlap: number): number {
  const from = cut - overlap;
  const space = text.slice(from, cut - 1).search(/\s/);
  return space >= 0 ? from + space + 1 : withoutSplitting(text, from);
}

/** A position that is not in the middle of a surrogate pair. */
function withoutSplitting(text: string, at: number): number {
  const isPair = /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1));
  return isPair ? at - 1 : at;
}
