import { Readable } from 'node:stream';

/** Bytes passed on at once: an attachment comes as one piece, and a piece once passed on counts as written. */
const SLICE_BYTES = 16_384;

/** Stands between a mail's source and the connection, and knows how far the body has come. */
export interface BodyGate {
  /** The stream to send instead of `source`: nothing is taken from it before somebody reads. */
  around(source: Readable): Readable;
  /** True from the moment nothing but the end of the body is left to write. */
  written(): boolean;
  /** Ends the body where it is, so that a server still waiting for its end never sees one. */
  stop(): void;
  /** Waits for `beforeBody` if it was called. Rejects with what it rejected with. */
  settled(): Promise<void>;
}

/**
 * A gate for one mail. It opens on the first read, which the SMTP client does once the server has
 * answered 354 to DATA.
 * @param beforeBody the first byte waits for its promise
 */
export function bodyGate(beforeBody: () => Promise<void>): BodyGate {
  let opening: Promise<void> | undefined;
  let written = false;
  let body: Readable | undefined;

  async function* passOn(source: Readable) {
    opening ??= (async () => beforeBody())();
    // The client marks the errors it meets; the caller's own must come back as it was thrown.
    await opening.catch(() => {
      throw new Error('The hand-over was called off');
    });
    yield* inSlices(source as AsyncIterable<Buffer>);
    // Reached when everything has been taken and more was asked for, before the final dot is written.
    written = true;
  }

  return {
    around(source) {
      const gated = Readable.from(passOn(source), { objectMode: false });
      source.once('error', (error) => gated.destroy(error));
      gated.once('close', () => source.destroy());
      body = gated;
      return gated;
    },
    written: () => written,
    stop: () => void body?.destroy(),
    settled: async () => opening,
  };
}

/** The same bytes in pieces of one size: the composer's own are many and small, and each is a write. */
async function* inSlices(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    pieces.push(chunk);
    bytes += chunk.length;
    if (bytes < SLICE_BYTES) continue;
    const whole = Buffer.concat(pieces);
    let at = 0;
    for (; whole.length - at >= SLICE_BYTES; at += SLICE_BYTES)
      yield whole.subarray(at, at + SLICE_BYTES);
    pieces = [whole.subarray(at)];
    bytes = whole.length - at;
  }
  if (bytes > 0) yield Buffer.concat(pieces);
}
