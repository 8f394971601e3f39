import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deps } from '../../src/deps.ts';
import { correctionLab, storageError } from '../support/correction-lab.ts';
import { EVERYTHING, NOTHING } from '../support/leftovers.ts';
import { event, person } from '../support/system.ts';
import { until } from '../support/until.ts';

/** How far corrections go by themselves: in general, for a company, for a category, and from when on. */

const lab = correctionLab();
const { runningWith, left, task, fails } = lab;

describe('dry-run', () => {
  runningWith({ AUTO_CORRECTION_MODE: 'dry-run' });
  it('writes down what it would do and touches nothing', async () => {
    await fails({ category: 'processing_error', message: 'it failed' });
    const { execution_log } = await task('dry_run');
    expect(execution_log).toMatchObject([
      { result: 'dry_run', detail: expect.stringContaining('s3_delete') },
    ]);
    expect(await left()).toEqual(EVERYTHING);
  });
});

describe('approve', () => {
  runningWith({ AUTO_CORRECTION_MODE: 'approve' });
  const act = async (id: number, how: string) =>
    (await lab.system.call('POST', `/api/corrections/${id}/${how}`)).status;

  it('waits for an operator, who lets it run once', async () => {
    await fails({ category: 'processing_error', message: 'it failed' });
    const { id } = await task('awaiting_approval');
    expect(await left()).toEqual(EVERYTHING);
    const refused = await lab.system.call('POST', `/api/corrections/${id}/retry`);
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      `Correction ${id} is awaiting_approval, which does not allow retry: approve it instead.`,
    ]);
    expect(await act(id, 'approve')).toBe(200);
    await task('completed');
    expect(await left()).toEqual(NOTHING);
    expect(await act(id, 'approve')).toBe(409);
  });

  it('never runs what an operator cancelled', async () => {
    await fails(storageError);
    const { id } = await task('awaiting_approval');
    expect(await act(id, 'cancel')).toBe(200);
    expect(await task('cancelled')).toMatchObject({ cancel_reason: 'cancelled by an operator' });
    expect(await left()).toEqual(EVERYTHING);
  });
});

describe('modes by company and category', () => {
  runningWith({
    AUTO_CORRECTION_MODES: 'company:42=approve;category:s3_error=dry-run',
  });
  const s3Error = { category: 's3_error', message: 'SlowDown' };

  it.each([
    [1, storageError, 'auto', 'completed'],
    [42, storageError, 'approve', 'awaiting_approval'],
    [1, s3Error, 'dry-run', 'dry_run'],
    [42, s3Error, 'dry-run', 'dry_run'],
  ])('company %d, %j: %s', async (company_id, error, mode, status) => {
    await fails(error, { company_id });
    expect(await task(status)).toMatchObject({ mode });
    if (mode !== 'auto') expect(await left()).toEqual(EVERYTHING);
  });

  it('hold for what producers ask as well', async () => {
    const { body } = await lab.system.call('POST', '/api/corrections', {
      file_document_id: lab.document,
      company_id: 42,
      failure_category: 'storage_error',
      error_message: 'x',
    });
    expect(body.data.status).toBe('awaiting_approval');
  });
});

describe('a request against the modes of whose file it is', () => {
  runningWith({ AUTO_CORRECTION_MODES: 'company:42=dry-run' });
  const ask = (more: object) =>
    lab.system.call('POST', '/api/corrections', {
      file_document_id: lab.document,
      failure_category: 'storage_error',
      error_message: 'x',
      ...more,
    });
  const failed = (more: object) => fails(storageError, { company_id: 42, bot_id: 7, ...more });
  const asked = async (id: number) =>
    (await lab.system.call('GET', `/api/corrections/${id}`)).body.data;
  const ends = (id: number) =>
    until('what was asked for has ended', async () => {
      const task = await asked(id);
      return !['pending', 'processing'].includes(task.status) && task;
    });

  it.each([{}, { bot_id: 7 }, { company_id: 42 }])('runs in their mode with %j', async (more) => {
    await failed({});
    await task('dry_run');
    const { status, body } = await ask(more);
    expect(status).toBe(202);
    const owner = { company_id: 42, bot_id: 7 };
    expect(await ends(body.data.id)).toMatchObject({ mode: 'dry-run', ...owner });
    const again = await lab.system.call('POST', `/api/corrections/${body.data.id}/retry`);
    expect(again.body.data.mode).toBe('dry-run');
    expect(await left()).toEqual(EVERYTHING);
  });

  it.each([
    [{ company_id: 43 }, 'company_id'],
    [{ company_id: 43, bot_id: 7 }, 'company_id'],
    [{ company_id: 42, bot_id: 8 }, 'bot_id'],
    [{ bot_id: 8 }, 'bot_id'],
  ])('is refused where it says %j', async (more, field) => {
    await failed({});
    const { status, body, headers } = await ask(more);
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body.errors).toEqual([{ path: field, message: expect.any(String) }]);
    await task('dry_run');
    expect(await lab.tasks()).toHaveLength(1);
    expect(await left()).toEqual(EVERYTHING);
  });

  it.each([{}, { company_id: 43 }])('runs in the strictest of all owners with %j', async (more) => {
    await failed({ occurred_at: '2026-01-01T00:00:01Z' });
    await task('dry_run');
    const underWay = { processing_stage: 'processing', status: 'processing' };
    await lab.system.push(event(person('bob'), lab.document, { company_id: 43, ...underWay }));
    await lab.system.applied();
    const { body } = await ask(more);
    expect(await ends(body.data.id)).toMatchObject({ mode: 'dry-run' });
    const again = await lab.system.call('POST', `/api/corrections/${body.data.id}/retry`);
    expect(again.body.data.mode).toBe('dry-run');
    expect(await left()).toEqual(EVERYTHING);
  });

  it('counts as it is where our records do not know the file', async () => {
    const { body } = await ask({ company_id: 43, bot_id: 8 });
    expect(await ends(body.data.id)).toMatchObject({ mode: 'auto', company_id: 43, bot_id: 8 });
    expect(await left()).toEqual({ ...EVERYTHING, chroma: 0 });
  });
});

describe('a mode that became stricter', () => {
  let before: Deps['config'];
  runningWith({ AUTO_CORRECTION_DELAY_SECONDS: '3600' });
  beforeEach(() => {
    before = { ...lab.system.deps.config };
  });
  afterEach(() => {
    Object.assign(lab.system.deps.config, before);
  });
  it.each([
    ['approve', 'awaiting_approval'],
    ['dry-run', 'dry_run'],
  ] as const)('%s counts for tasks that wait already', async (mode, status) => {
    await fails(storageError);
    await task('pending');
    lab.system.deps.config.AUTO_CORRECTION_MODE = mode;
    await lab.system.deps.db.sql`update auto_correction_tasks set run_at = now()`;
    expect(await task(status)).toMatchObject({ mode });
    expect(await left()).toEqual(EVERYTHING);
  });

  it.each(['failure', 'request'])('counts for all who have the file, after a %s', async (what) => {
    await fails(storageError);
    await task('pending');
    await fails(storageError, { company_id: 42, user_email: person('bob') });
    await lab.system.applied();
    if (what === 'request') {
      const [{ id }] = await lab.tasks();
      expect((await lab.system.call('POST', `/api/corrections/${id}/cancel`)).status).toBe(200);
      await lab.system.call('POST', '/api/corrections', {
        file_document_id: lab.document,
        company_id: 1,
        failure_category: 'storage_error',
        error_message: 'x',
      });
      await task('pending');
    }
    lab.system.deps.config.AUTO_CORRECTION_MODES = 'company:42=approve';
    await lab.system.deps.db.sql`update auto_correction_tasks set run_at = now()`;
    const [{ id }] = await lab.tasks();
    expect(await task('awaiting_approval')).toMatchObject({ mode: 'approve', company_id: 1 });
    expect(await left()).toEqual(EVERYTHING);
    expect((await lab.system.call('POST', `/api/corrections/${id}/approve`)).status).toBe(200);
    await task('completed');
  });
});
