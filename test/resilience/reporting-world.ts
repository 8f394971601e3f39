import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import { sendPreferenceWebhook } from '../support/preference-webhook.ts';
import { documentId, person, type System } from '../support/system.ts';
import {
  type Batch,
  counts,
  type Event,
  NOW_BASE,
  Owner,
  type Settings,
} from './reporting-model.ts';

/** A person at two bots, as the model of reporting and the real system see them. */

export const BOTS = [1, 2];
export const FILES = 6;
export const SECRET = `whsec_${Buffer.from('a secret of the model of reporting').toString('base64')}`;
export const PREFERENCES = '/api/user-notification-preferences';
export interface Model {
  owners: Owner[];
  quota: number | null;
  used: number;
  suppressed: boolean;
  now: number;
  sent: { bot: number; event: Event }[];
}
export interface Real {
  system: System;
  company: number;
  email: string;
  rows: number[];
  documents: string[];
  before: Record<string, number>;
}

const audit = async (system: System) =>
  (await system.call('GET', '/api/audit')).body.data as Record<string, number>;

interface BatchSeen {
  batch_id: string;
  closed_by: string | null;
  status: string;
  carried_over_from: string | null;
  total_files: number;
  successful_files: number;
  failed_files: number;
  files: { file_document_id: string; file_name: string; processing_status: string }[] | null;
  email_id: number | null;
  send_status: string | null;
  suppressed_reason: string | null;
}

export const seenBatches = ({ system, company, email }: Real, nth: number) => system.deps.db.sql<
  BatchSeen[]
>`
  select b.batch_id, b.closed_by, b.status, b.carried_over_from, b.total_files, b.successful_files,
    b.failed_files, e.id as email_id, e.send_status, e.suppressed_reason,
    (select json_agg(json_build_object('file_document_id', f.file_document_id, 'file_name', f.file_name,
        'file_size_bytes', f.file_size_bytes, 'processing_status', f.processing_status)
      order by f.file_document_id) from batch_files f where f.batch_id = b.batch_id) as files
  from batch_processing_sessions b left join email_notification_log e using (batch_id)
  where b.company_id = ${company} and b.user_email = ${email} and b.bot_id = ${BOTS[nth]!}
  order by b.id`;

function statusOf(batch: Batch): string {
  if (!batch.closedBy) return 'processing';
  const { ready, failed, unfinished } = counts(batch);
  if (failed + unfinished === 0) return 'completed';
  return ready + unfinished === 0 ? 'failed' : 'partially_completed';
}

/** The tables say what the model says. */
export async function compare({ owners }: Model, real: Real): Promise<void> {
  for (const [nth, owner] of owners.entries()) {
    const seen = await seenBatches(real, nth);
    const batches = [...owner.closed, ...(owner.open ? [owner.open] : [])];
    const wanted = batches.map((batch) => ({
      closed_by: batch.closedBy,
      status: statusOf(batch),
      from: batch.from ? batches.indexOf(batch.from) : -1,
      counts: [batch.lines.size, counts(batch).ready, counts(batch).failed],
      files: [...batch.lines]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([file, line]) => ({
          file_document_id: file,
          file_name: line.name,
          file_size_bytes: line.size,
          processing_status: line.status,
        })),
      mail: batch.closedBy ? batch.mail : null,
      why: batch.why,
    }));
    const said = seen.map((row) => ({
      closed_by: row.closed_by,
      status: row.status,
      from: row.carried_over_from
        ? seen.findIndex(({ batch_id }) => batch_id === row.carried_over_from)
        : -1,
      counts: [row.total_files, row.successful_files, row.failed_files],
      files: row.files ?? [],
      mail: row.send_status,
      why: row.suppressed_reason,
    }));
    expect(said).toEqual(wanted);
  }
}

export const wire = ({ company, email }: Real, bot: number, event: Event): object => {
  const at = new Date(Date.UTC(2026, 0, 1) + event.at * 1000).toISOString();
  return {
    event_id: event.id,
    action: event.action,
    file_document_id: event.file,
    company_id: company,
    bot_id: bot,
    user_email: email.toUpperCase(),
    ...(event.at < NOW_BASE && { occurred_at: at }),
    ...(event.action === 'create' && {
      file_name: event.name,
      processing_stage: event.stage,
      status: event.status,
      ...(event.size !== null && { file_size_bytes: event.size }),
      ...(event.status === 'failed' && {
        error: { category: 'processing_error', message: `trouble with ${event.name}` },
      }),
    }),
  };
};

export const openRow = async (real: Real, nth: number) =>
  (await seenBatches(real, nth)).find(({ closed_by }) => closed_by === null)?.batch_id;

export async function webhook({ system, company, email }: Real, bot: number): Promise<void> {
  const owner = { company_id: company, bot_id: bot, user_email: email };
  const change = { action: 'updated', ...owner, preferences: null };
  expect(await sendPreferenceWebhook(system, SECRET, change)).toBe(202);
}

/** In the end every event is where the model says. */
export async function checkBooks(model: Model, real: Real): Promise<void> {
  const wanted: Record<string, number> = { accepted: model.sent.length };
  const add = (name: string, count: number) => {
    wanted[name] = (wanted[name] ?? 0) + count;
  };
  for (const owner of model.owners) {
    add('suppressed', owner.deleted.length);
    for (const batch of [...owner.closed, ...(owner.open ? [owner.open] : [])]) {
      const events = [...batch.lines.values()].reduce((sum, line) => sum + line.events.length, 0);
      const named =
        batch.mail === 'sent' ? 'reported' : batch.mail === 'none' ? 'pending' : batch.mail;
      add(named, events);
    }
  }
  const after = await audit(real.system);
  const gained = Object.fromEntries(
    Object.keys(after).map((name) => [name, after[name]! - real.before[name]!]),
  );
  const none = { reported: 0, suppressed: 0, unknown: 0, failed: 0, pending: 0 };
  expect(gained).toEqual({ ...none, dead_lettered: 0, unaccounted: 0, ...wanted });
  const superseded = new Set(model.owners.flatMap((owner) => [...owner.superseded]));
  for (const document of real.documents) {
    const { body } = await real.system.call('GET', `/api/files/${document}/timeline`);
    const happened = (body.data ?? []) as {
      kind: string;
      what: string;
      detail: { event_id: string };
    }[];
    for (const { kind, what, detail } of happened)
      if (kind === 'event')
        expect(
          superseded.has(detail.event_id) ? ['superseded', 'deleted'] : ['applied', 'deleted'],
        ).toContain(what);
  }
}

export async function begin(system: System, quota: number | null, wanted: Settings) {
  const company = randomInt(1000, 2 ** 31 - 1);
  const email = person('model');
  const name = `Company ${company}`;
  const asked = {
    data: { id: company, name, ...(quota !== null && { notification_quota: quota }) },
  };
  expect((await system.cms.call('POST', '/api/companies', asked)).status).toBeLessThan(300);
  const rows: number[] = [];
  for (const bot of BOTS) {
    const data = { company, bot, user_email: email, ...wanted };
    const { status, body } = await system.cms.call('POST', PREFERENCES, { data });
    expect(status).toBe(201);
    rows.push(body.data.id);
  }
  const documents = Array.from({ length: FILES }, () => documentId()).sort();
  const real: Real = { system, company, email, rows, documents, before: await audit(system) };
  const owners = BOTS.map(() => new Owner(wanted));
  const model: Model = { owners, quota, used: 0, suppressed: false, now: 0, sent: [] };
  return { model, real };
}
