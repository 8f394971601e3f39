import { expect, it } from 'vitest';
import { auditStores } from '../../src/workers/audit-stores.ts';
import { type BrakeLab, removed, startBraked, stopAfterEach } from '../support/brake-lab.ts';
import { documentId, failure, person, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Corrections that no failed event made: the brake counts what producers ask for and audits make. */

const LIMIT = 5;
const FILES = 16;

let lab: BrakeLab;
let system: System;
stopAfterEach();

/** @param workers processes that take sets of corrections at the same time */
async function start(more: Record<string, string> = {}, workers = 1): Promise<void> {
  const env = {
    CORRECTION_BRAKE_MAX_TASKS: String(LIMIT),
    CORRECTION_SECOND_LOOK_SECONDS: '0',
    AUDIT_STORES_PREFIX: 'flows/',
    AUDIT_STORES_GRACE_MINUTES: '0',
    ...more,
  };
  lab = await startBraked(env, workers, ['corrections']);
  system = lab.system;
}

async function filled(count: number): Promise<string[]> {
  const documents = Array.from({ length: count }, () => documentId());
  for (const document of documents) await lab.leftovers.put(document, system.cms);
  return documents;
}

const ask = (document: string, more: object) =>
  system.call('POST', '/api/corrections', {
    file_document_id: document,
    failure_category: 'processing_error',
    error_message: 'the parser gave up',
    ...more,
  });

interface Task {
  status: string;
  held_by: string | null;
}
const tasks = async (): Promise<Task[]> =>
  (await system.call('GET', '/api/corrections?limit=200')).body.data;
const resting = (count: number) =>
  until(`${count} tasks rest`, async () => {
    const all = await tasks();
    const rest = all.filter(({ status, held_by }) => held_by !== null || status === 'completed');
    return all.length === count && rest.length === count && all;
  });
const completed = (all: Task[]) => all.filter(({ status }) => status === 'completed').length;

async function goesOnAfterRelease(scope: string, documents: string[]): Promise<void> {
  const { body } = await system.call('POST', `/api/corrections/brakes/${scope}/release`);
  expect(body.data.released_tasks).toBe(documents.length - (await removed(lab, documents)));
  await until('the rest is done', async () => completed(await tasks()) === documents.length);
  expect(await removed(lab, documents)).toBe(documents.length);
}

it.each([
  ['company:1', { company_id: 1, bot_id: 1 }, '500'],
  ['company:1', { company_id: 1, bot_id: 1 }, '3'],
  ['unassigned', {}, '500'],
])(
  'a producer that asks for more than the limit is stopped by %s: %j, in sets of %s',
  async (scope, whose, set) => {
    await start({ CORRECTIONS_PER_RUN: set }, 3);
    const documents = await filled(FILES);
    const answers = await Promise.all(documents.map((document) => ask(document, whose)));
    expect(answers.map(({ status }) => status)).toEqual(documents.map(() => 202));
    const all = await resting(FILES);
    expect(completed(all)).toBe(LIMIT);
    expect(all.filter(({ held_by }) => held_by === scope)).toHaveLength(FILES - LIMIT);
    expect(await removed(lab, documents)).toBe(LIMIT);
    const again = await ask(documentId('one-more'), whose);
    await resting(FILES + 1);
    await system.call('POST', `/api/corrections/${again.body.data.id}/cancel`);
    await goesOnAfterRelease(scope, documents);
  },
);

it('a request that names no company is judged by that of the file', async () => {
  await start({ AUTO_CORRECTION_MODES: 'company:1=approve' });
  const [document, ada] = [documentId(), person()];
  await system.push(failure(ada, document));
  await system.applied();
  const [first] = (await system.call('GET', '/api/corrections')).body.data;
  await system.call('POST', `/api/corrections/${first.id}/cancel`);
  const { body } = await ask(document, {});
  const task = (await system.call('GET', `/api/corrections/${body.data.id}`)).body.data;
  expect(task).toMatchObject({ status: 'awaiting_approval', company_id: 1, bot_id: 1 });
});

it('an audit that fixes is stopped within the limit as well', async () => {
  await start({}, 3);
  const documents = await filled(FILES);
  const { config } = system.deps;
  config.ENABLE_AUTO_CORRECTION = false;
  const ada = person();
  const storage_key = (document: string) => `flows/${document}.pdf`;
  await system.push(
    ...documents.map((document) => failure(ada, document, { storage_key: storage_key(document) })),
  );
  await system.applied();
  config.ENABLE_AUTO_CORRECTION = true;
  const report = await auditStores(system.deps, {
    trigger: 'command',
    fix: true,
    examples: 0,
    signal: AbortSignal.timeout(30_000),
  });
  expect(report).toMatchObject({ corrections_created: FILES });
  const all = await resting(FILES);
  expect(completed(all)).toBeLessThanOrEqual(LIMIT);
  expect(await removed(lab, documents)).toBe(completed(all));
  await goesOnAfterRelease('company:1', documents);
});
