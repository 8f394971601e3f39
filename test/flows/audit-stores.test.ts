import { expect, it } from 'vitest';
import {
  audit,
  command,
  disagreeingStores,
  doc,
  key,
  lab,
  strayObjects,
} from '../support/audit-lab.ts';
import { runTidings } from '../support/command.ts';

/** `tidings audit-stores` as operators run it, over every kind of disagreement, made for real. */

disagreeingStores();

it('reports every kind, both ways, and changes nothing', async () => {
  const { code, report, found, fixable } = await command();
  expect(found).toEqual({
    object_without_record: [key(doc.deleted), ...strayObjects],
    chunks_without_record: [doc.deleted, doc.unknownChunks],
    record_without_object: [doc.lostObject],
    record_without_chunks: [doc.lostChunks],
    leftover_object: [key(doc.calledOff), key(doc.late)],
    leftover_chunks: [doc.late],
    leftover_record: [doc.calledOff, doc.late],
  });
  // What nobody knows is only reported, and so is what an operator has called off.
  expect(fixable).toEqual({
    object_without_record: 1,
    chunks_without_record: 1,
    leftover_object: 1,
    leftover_chunks: 1,
    leftover_record: 1,
  });
  expect(report).toMatchObject({ not_looked_at: [], corrections_created: null });
  expect(code).toBe(3);
  expect((await audit()).found).toEqual(found);
});

it('lets alone what is young', async () => {
  const { found } = await audit({ AUDIT_STORES_GRACE_MINUTES: 60 });
  // Chroma does not say when a chunk was written; a file nobody has heard of has no age.
  expect(found).toEqual({ chunks_without_record: [doc.unknownChunks] });
});

it('takes a store that is away for unread, never for empty', async () => {
  const { found, report, code } = await audit({ CHROMA_URL: 'http://127.0.0.1:2' });
  expect(Object.keys(found).sort()).toEqual([
    'leftover_object',
    'leftover_record',
    'object_without_record',
    'record_without_object',
  ]);
  expect(report.not_looked_at).toMatchObject([
    { kinds: ['chunks_without_record', 'record_without_chunks', 'leftover_chunks'] },
  ]);
  expect(report.not_looked_at[0]?.reason).toContain('ECONNREFUSED');
  expect(code).toBe(3);
});

it('has nothing to say, and says so, where nothing can be read', async () => {
  const { found, report, code } = await audit(
    { CMS_API_TOKEN: 'wrong', CHROMA_COLLECTION: 'nobody-has-this' },
    true,
  );
  expect(found).toEqual({});
  expect(report.not_looked_at.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('CHROMA_COLLECTION'),
    expect.stringContaining('CMS_API_TOKEN'),
  ]);
  expect(report.corrections_created).toBe(0);
  expect(code).toBe(1);
});

it('refuses what it does not understand, and --fix where there are no corrections', async () => {
  const wrong = await runTidings(lab.system.env, ['audit-stars']);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('Usage:')]);
  const off = { ...lab.system.env, ENABLE_AUTO_CORRECTION: 'false' };
  const refused = await runTidings(off, ['audit-stores', '--fix']);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('ENABLE_AUTO_CORRECTION'),
  ]);
});
