import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';

/**
 * One quarantined part written down: gzip over one JSON text per line. The checksum is that of the
 * uncompressed text, so that it does not depend on the compressor.
 */

export interface Digest {
  lines: number;
  /** SHA-256, hexadecimal. */
  sha256: string;
}

/** Compresses lines as they come. `digest` holds once the stream has ended. */
export function compressed(lines: AsyncIterable<string>): {
  stream: AsyncIterable<Buffer>;
  digest(): Digest;
} {
  const { counted, digest } = counting(lines);
  const gzip = createGzip();
  // Whoever reads the stream meets the error there.
  pipeline(Readable.from(terminated(counted)), gzip, () => {});
  return { stream: gzip, digest };
}

/**
 * The lines of a compressed stream, one after the other. Split at line feeds alone: JSON texts may
 * hold every other line separator there is.
 */
export async function* decompressed(stream: Readable): AsyncGenerator<string> {
  const gunzip = createGunzip();
  pipeline(stream, gunzip, () => {});
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of gunzip) {
    const pieces = (rest + decoder.decode(bytes as Buffer, { stream: true })).split('\n');
    rest = pieces.pop() ?? '';
    yield* pieces;
  }
  if (rest !== '') yield rest;
}

/** Passes lines on and tells their digest once they have ended. */
export function counting(lines: AsyncIterable<string>): {
  counted: AsyncIterable<string>;
  digest(): Digest;
} {
  const hash = createHash('sha256');
  let count = 0;
  async function* counted() {
    for await (const line of lines) {
      hash.update(`${line}\n`);
      count += 1;
      yield line;
    }
  }
  return { counted: counted(), digest: () => ({ lines: count, sha256: hash.digest('hex') }) };
}

async function* terminated(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
