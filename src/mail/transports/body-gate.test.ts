import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bodyGate } from './body-gate.ts';

async function pieces(stream: Readable): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  await pipeline(
    stream,
    new Writable({ write: (chunk, _, done) => done(void chunks.push(chunk)) }),
  );
  return chunks;
}

const read = async (stream: Readable) => Buffer.concat(await pieces(stream));

const bytes = fc.uint8Array({ maxLength: 40_000, size: 'max' }).map((array) => Buffer.from(array));

/** As a composer hands a body over: a line at a time. */
const inLines = (body: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(body.length / 76) }, (_, nth) =>
    body.subarray(nth * 76, (nth + 1) * 76),
  );

describe('bodyGate', () => {
  it('passes every byte on unchanged and knows when it has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), async (chunks) => {
        const gate = bodyGate(async () => {});
        const passed = await read(gate.around(Readable.from(chunks, { objectMode: false })));
        expect(passed.equals(Buffer.concat(chunks))).toBe(true);
        expect(gate.written()).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('passes them on in as few pieces as 16 KB each allow, because each is a write', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), async (chunks) => {
        const gate = bodyGate(async () => {});
        const source = Readable.from(chunks.flatMap(inLines), { objectMode: false });
        const passed = await pieces(gate.around(source));
        const length = Buffer.concat(chunks).length;
        expect(passed).toHaveLength(Math.ceil(length / 16_384));
        for (const piece of passed) expect(piece.length).toBeLessThanOrEqual(16_384);
      }),
      { numRuns: 30 },
    );
  });

  it('asks nobody until somebody reads', async () => {
    const beforeBody = vi.fn(async () => {});
    const gate = bodyGate(beforeBody);
    const body = gate.around(Readable.from([Buffer.from('body')], { objectMode: false }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(beforeBody).not.toHaveBeenCalled();
    await expect(gate.settled()).resolves.toBeUndefined();
    await read(body);
    expect(beforeBody).toHaveBeenCalledTimes(1);
  });

  it('has not written a large piece when only its beginning was taken', async () => {
    const gate = bodyGate(async () => {});
    const body = gate.around(Readable.from([Buffer.alloc(1e6)], { objectMode: false }));
    const slow = new Writable({ write() {} });
    body.pipe(slow);
    await vi.waitFor(() => expect(slow.writableLength).toBeGreaterThan(0));
    expect(gate.written()).toBe(false);
    gate.stop();
  });

  it('stops for good, and lets go of the source', async () => {
    const gate = bodyGate(async () => {});
    const source = new Readable({ read() {} });
    const body = gate.around(source);
    gate.stop();
    await vi.waitFor(() => expect(source.destroyed).toBe(true));
    expect([body.destroyed, gate.written()]).toEqual([true, false]);
  });

  it('fails with the source', async () => {
    const gate = bodyGate(async () => {});
    const source = new Readable({ read() {} });
    const body = gate.around(source);
    source.destroy(new Error('unreadable'));
    await expect(read(body)).rejects.toThrow('unreadable');
    expect(gate.written()).toBe(false);
  });
});
