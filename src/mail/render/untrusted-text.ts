import Handlebars from 'handlebars';

/** Text from other people (file names, messages, addresses) made fit to stand in a mail. */

/** Long enough for real names, short enough that a full mail stays under the size clients cut at. */
export const NAME_LIMIT = { characters: 120, bytes: 300 };
export const MESSAGE_LIMIT = { characters: 240, bytes: 600 };

type Limit = typeof NAME_LIMIT;

const INVISIBLE = /[\p{Cc}\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]/gu;
/** No script stacks more marks on a letter; what goes on and on paints over the lines around it. */
const STACKED_MARKS = /(\p{M}{5})\p{M}+/gu;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}]/u;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * One visible line: white space of any kind becomes one space; control characters and the bidi
 * controls that let a name pose as another are dropped, as are marks stacked beyond any script's
 * need; joiners that scripts and emoji need stay.
 */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(STACKED_MARKS, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** `oneLine`, cut in the middle so that the end of a name, with its extension, stays. */
export function shortName(text: string, limit: Limit = NAME_LIMIT): string {
  const line = oneLine(text);
  if (fits(line, limit)) return line;
  const tail = scaled(limit, 1 / 4);
  const end = takeWhile([...pieces(line.slice(-2 * tail.characters))].reverse(), tail)
    .reverse()
    .join('');
  const start = takeWhile(pieces(line), scaled(limit, 3 / 4)).join('');
  return `${start.trimEnd()}…${end.trimStart()}`;
}

/** `oneLine`, cut at its end. */
export function shortMessage(text: string, limit: Limit = MESSAGE_LIMIT): string {
  const line = oneLine(text);
  if (fits(line, limit)) return line;
  const kept = takeWhile(pieces(line), scaled(limit, 1)).join('');
  return `${kept.trimEnd()}…`;
}

/** For plain text, where no markup can do it: keeps right-to-left text from moving its neighbours. */
export function isolated(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}

/** Size in an HTML mail, where markup characters are escaped and text is UTF-8. */
function weight(text: string): number {
  return Buffer.byteLength(Handlebars.escapeExpression(text));
}

function fits(text: string, limit: Limit): boolean {
  return text.length <= limit.characters && weight(text) <= limit.bytes;
}

/** A share of the room that is left beside the ellipsis. */
function scaled(limit: Limit, factor: number): Limit {
  return {
    characters: Math.floor((limit.characters - 1) * factor),
    bytes: Math.floor((limit.bytes - 3) * factor),
  };
}

/** Graphemes, cut off as they are asked for; one too long to be writing falls into code points. */
function* pieces(text: string): Generator<string> {
  for (const { segment } of graphemes.segment(text)) {
    if (segment.length > 16) yield* segment;
    else yield segment;
  }
}

function takeWhile(parts: Iterable<string>, room: Limit): string[] {
  let { characters, bytes } = room;
  const taken: string[] = [];
  for (const part of parts) {
    characters -= part.length;
    bytes -= weight(part);
    if (characters < 0 || bytes < 0) break;
    taken.push(part);
  }
  return taken.join('').isWellFormed() ? taken : taken.map((part) => part.toWellFormed());
}
