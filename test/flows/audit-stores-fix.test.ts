import { expect, it } from 'vitest';
import {
  audit,
  command,
  disagreeingStores,
  doc,
  key,
  lab,
  putChunks,
  putObject,
  removeChunks,
  removeObject,
  strayObjects,
} from '../support/audit-lab.ts';
import { runTidings } from '../support/command.ts';
import { until } from '../support/until.ts';

/** What `tidings audit-stores --fix` removes, and what it leaves to people. Each test follows the last. */

disagreeingStores();

it('--fix removes by corrections what failed and deleted files left, and nothing else', async () => {
  const { report } = await command('--fix');
  expect(report.corrections_created).toBe(2);
  const made = await until('the corrections are done', async () => {
    const documents = [doc.late, doc.deleted];
    const newest = await Promise.all(
      documents.map(async (document) => {
        const { body } = await lab.system.call(
          'GET',
          `/api/corrections?file_document_id=${document}`,
        );
        return body.data[0];
      }),
    );
    return newest.every(({ status }) => status === 'completed') && newest;
  });
  expect(made).toMatchObject([
    {
      failure_category: 'processing_error',
      s3_cleanup_completed: true,
      chroma_cleanup_completed: true,
      cms_cleanup_completed: true,
    },
    {
      failure_category: 'orphaned',
      correction_actions: ['s3_delete', 'chroma_delete'],
      s3_cleanup_completed: true,
      chroma_cleanup_completed: true,
    },
  ]);
  const { found, fixable } = await audit();
  expect(found).toEqual({
    object_without_record: strayObjects,
    chunks_without_record: [doc.unknownChunks],
    record_without_object: [doc.lostObject],
    record_without_chunks: [doc.lostChunks],
    leftover_object: [key(doc.calledOff)],
    leftover_record: [doc.calledOff],
  });
  expect(fixable).toEqual({});
  expect((await audit({}, true)).report.corrections_created).toBe(0);
});

it('a correction that waits keeps its file from being told; the metric has the last counts', async () => {
  const [row] = await lab.system.deps.db.sql<{ tasks: number }[]>`
    select count(*) as tasks from auto_correction_tasks where file_document_id = ${doc.open}`;
  expect(row?.tasks).toBe(1);
  const gauge = await until('the gauges are filled', async () => {
    const { body } = await lab.system.call('GET', '/metrics');
    return /store_audit_findings\{kind="leftover_object"\} (\d+)/.exec(body)?.[1];
  });
  expect(gauge).toBe('1');
});

it('finds nothing once the rest is put right', async () => {
  for (const stray of [key(doc.unknownObject), key('of ada@example.com')])
    await removeObject(stray);
  await removeChunks(doc.unknownChunks);
  await putObject(key(doc.lostObject));
  await putChunks(doc.lostChunks);
  await removeObject(key(doc.calledOff));
  await lab.system.cms.call('DELETE', `/api/files/${doc.calledOff}`);
  await removeChunks(doc.calledOff);
  const { found, report } = await audit();
  expect([found, report.not_looked_at]).toEqual([{}, []]);
  const text = await runTidings(lab.system.env, ['audit-stores']);
  expect([text.code, text.stdout]).toEqual([0, expect.stringContaining('Nothing found.')]);
});
