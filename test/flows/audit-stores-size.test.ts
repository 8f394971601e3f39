import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditReport } from '../../src/domain/store-audit.ts';
import { runTidings } from '../support/command.ts';
import {
  keyOf,
  type Sizes,
  type SyntheticStores,
  startSyntheticStores,
} from '../support/synthetic-stores.ts';
import { type System, startSystem } from '../support/system.ts';

/** Stores far larger than the memory of the process that compares them. */

const OBJECTS = Number(process.env.AUDIT_TEST_OBJECTS ?? 100_000);
/** One object in a hundred is nobody's. */
const KNOWN = OBJECTS * 0.99;
const SIZES: Sizes = {
  objects: OBJECTS,
  chunks: OBJECTS,
  chunksPerFile: 5,
  records: OBJECTS / 20,
};
/** Megabytes for everything that lives on; the program itself needs most of them. */
const HEAP_MB = Number(process.env.AUDIT_TEST_HEAP ?? 56);

let stores: SyntheticStores;
let system: System;
beforeAll(async () => {
  stores = await startSyntheticStores(SIZES);
  system = await startSystem({ workers: false, env: stores.env });
});
afterAll(async () => {
  await system.stop();
  await stores.close();
});

it('reads them page by page, whatever it finds', { timeout: 600_000 }, async () => {
  await system.deps.db.sql`
    insert into file_processing_status (file_document_id, company_id, bot_id, user_email, occurred_at,
      processing_stage, status, storage_key, updated_at)
    select 'file-' || lpad(n::text, 8, '0'), 1, 1, 'ada@example.com', '2026-01-01', 'completed',
      'success', 'all/file-' || lpad(n::text, 8, '0'), '2026-01-01'
    from generate_series(0, ${KNOWN - 1}) n`;
  const args = ['audit-stores', '--json', '--examples=2'];
  const began = Date.now();
  const end = await runTidings(system.env, args, [`--max-old-space-size=${HEAP_MB}`]);
  expect(end.code, end.stderr).toBe(3);
  process.stderr.write(
    `${OBJECTS} objects: ${Date.now() - began} ms, ${stores.asked()} requests\n`,
  );
  const report = JSON.parse(end.stdout) as AuditReport;
  expect(report.read).toEqual({
    objects: OBJECTS,
    chunks: OBJECTS,
    records: SIZES.records,
    files: KNOWN,
  });
  expect(report.findings).toEqual([
    {
      kind: 'object_without_record',
      count: OBJECTS - KNOWN,
      fixable: 0,
      examples: [keyOf(KNOWN), keyOf(KNOWN + 1)],
    },
  ]);
  expect(report.not_looked_at).toEqual([]);
});
