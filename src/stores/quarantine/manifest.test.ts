import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compressed, counting, decompressed } from './manifest.ts';

async function* each(lines: string[]) {
  yield* lines;
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('gives back any JSON texts, in any pieces, with the checksum they were written under', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue()),
      fc.integer({ min: 1, max: 50 }),
      async (values, n) => {
        const lines = values.map((value) => JSON.stringify(value));
        const written = compressed(each(lines));
        const bytes = Buffer.concat(await collect(written.stream));
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += n) pieces.push(bytes.subarray(at, at + n));
        const read = counting(decompressed(Readable.from(pieces)));
        expect(await collect(read.counted)).toEqual(lines);
        expect(read.digest()).toEqual(written.digest());
      },
    ),
  );
});

it('keeps line separators inside a text', async () => {
  const lines = [JSON.stringify('a\u2028b\u2029c\u0085d\re')];
  const bytes = await collect(compressed(each(lines)).stream);
  expect(await collect(decompressed(Readable.from(bytes)))).toEqual(lines);
});

it('fails where the source fails, and where the stream was cut', async () => {
  async function* failing() {
    yield '1';
    throw new Error('the store went away');
  }
  await expect(collect(compressed(failing()).stream)).rejects.toThrow('went away');
  const bytes = Buffer.concat(await collect(compressed(each(['"whole"'])).stream));
  const cut = Readable.from([bytes.subarray(0, bytes.length - 9)]);
  await expect(collect(decompressed(cut))).rejects.toThrow();
});
