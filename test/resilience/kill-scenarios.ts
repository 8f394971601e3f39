import type { QueueName } from '../../src/queues/registry.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { closeDueBatch } from '../../src/workers/close-batch.ts';
import { renderEmail } from '../../src/workers/render-email.ts';
import type { JobIdentity } from '../../src/workers/run-job.ts';
import { sendEmail } from '../../src/workers/send-email.ts';
import { writeBackToCms } from '../../src/workers/write-back-to-cms.ts';
import { jobContext } from '../support/job-context.ts';
import { documentId, event, failure, type System } from '../support/system.ts';
import type { Leftovers } from './leftovers.ts';

/** One job of one processor, brought to the point where the job is next. */
export interface Scenario {
  name: string;
  queue: QueueName;
  /** Changes to the crashing worker's environment. */
  env?: Record<string, string>;
  /** It dies at each single deletion, too. */
  deletions?: boolean;
  /** @param person the one everything in this run is about */
  prepare(person: string): Promise<{ payload: object; job?: JobIdentity }>;
}

/** The dying take one task each, so that every death is its own; the healthy take sets afterwards. */
const ALONE = { CORRECTIONS_PER_RUN: '1' };

/** @param refused port of an SMTP server that refuses every mail for good */
export function killScenarios(
  system: System,
  leftovers: Leftovers,
  refused: number,
): [Scenario, ...Scenario[]] {
  const { deps, cms } = system;
  const { sql } = deps.db;
  const job = jobContext('setup');
  let companies = 1000;

  async function accepted(...events: object[]) {
    const { event_id } = (await system.push(...events)).body.data.events[0];
    const [row] = await sql<{ chunk_id: string }[]>`
      select chunk_id from file_events where event_id = ${event_id}`;
    return row!;
  }
  async function open(person: string, ...events: object[]) {
    await applyFileEvents(deps, await accepted(...events), job);
    const [batch] = await sql<{ batch_id: string }[]>`
      select batch_id from batch_processing_sessions where user_email = ${person}`;
    return batch!;
  }
  async function closed(person: string, more: object = {}) {
    const document = documentId();
    await leftovers.put(document);
    const batch = await open(person, event(person, document, more));
    await system.makeDue(person);
    await closeDueBatch(deps, batch);
    const [email] = await sql<{ email_id: number }[]>`
      select id as email_id from email_notification_log where batch_id = ${batch.batch_id}`;
    return { ...email!, ...batch };
  }
  async function rendered(person: string) {
    const { email_id } = await closed(person);
    await renderEmail(deps, { email_id });
    return { payload: { email_id } };
  }
  async function failedFile(person: string) {
    const document = documentId();
    const { storage_key } = await leftovers.put(document);
    return failure(person, document, { storage_key });
  }
  async function correction(person: string) {
    await open(person, await failedFile(person));
    const [task] = await sql<{ correction_id: number }[]>`
      select id as correction_id from auto_correction_tasks where user_email = ${person}`;
    return { payload: task! };
  }
  async function sent(person: string, company_id: number) {
    const { email_id, batch_id } = await closed(person, { company_id });
    await renderEmail(deps, { email_id });
    await sendEmail(deps, { email_id });
    return { batch_id };
  }
  /** A company with no other mails than one run's; small numbers are taken by the other scenarios. */
  async function newCompany(): Promise<number> {
    companies += 1;
    const id = companies;
    const data = { id, name: `Company ${id}` };
    const { status } = await cms.call('POST', '/api/companies', { data });
    if (status !== 201) throw new Error(`the CMS made no company: ${status}`);
    return id;
  }
  async function stale(person: string, settings: object) {
    const batch = await open(person, event(person, documentId()));
    const data = { company: 1, bot: 1, user_email: person, ...settings };
    await cms.call('POST', '/api/user-notification-preferences', { data });
    await sql`
      update batch_processing_sessions set preferences_stale_at = now()
      where batch_id = ${batch.batch_id}::uuid`;
    return { payload: batch };
  }
  const successes = (person: string, count: number) =>
    Array.from({ length: count }, () => event(person, documentId()));

  return [
    {
      name: 'apply, opening a batch',
      queue: 'file-events',
      prepare: async (person) => ({
        payload: await accepted(event(person, documentId()), await failedFile(person)),
      }),
    },
    {
      name: 'apply, reaching the threshold',
      queue: 'file-events',
      prepare: async (person) => ({ payload: await accepted(...successes(person, 5)) }),
    },
    {
      name: "apply a producer's own job",
      queue: 'file-events',
      prepare: async (person) => {
        const payload = { events: successes(person, 1) };
        const queue = deps.producer.queue('file-events');
        const { id = '', timestamp } = await queue.add('file-events', payload);
        return { payload, job: { id, addedAt: timestamp } };
      },
    },
    {
      name: 'close, carrying a file over',
      queue: 'batch-close',
      prepare: async (person) => {
        const running = { processing_stage: 'storage', status: 'processing' };
        const late = event(person, documentId('late'), running);
        const payload = await open(person, event(person, documentId()), late);
        await system.makeDue(person);
        return { payload };
      },
    },
    {
      name: 'render',
      queue: 'email-render',
      prepare: async (person) => ({ payload: { email_id: (await closed(person)).email_id } }),
    },
    { name: 'send', queue: 'email-send', prepare: rendered },
    {
      name: 'send, refused for good',
      queue: 'email-send',
      env: { SMTP_PORT: String(refused) },
      prepare: rendered,
    },
    { name: 'correct', queue: 'corrections', env: ALONE, prepare: correction },
    {
      name: 'correct, failing for good',
      queue: 'corrections',
      env: {
        S3_ENDPOINT: 'http://127.0.0.1:1',
        MAX_CORRECTION_ATTEMPTS: '1',
        CORRECTION_OUTAGE_HOURS: '0',
        ...ALONE,
      },
      prepare: correction,
    },
    {
      name: 'write back',
      queue: 'cms-write-back',
      prepare: async (person) => ({ payload: await sent(person, await newCompany()) }),
    },
    {
      name: 'write usage',
      queue: 'cms-usage',
      prepare: async (person) => {
        const company_id = await newCompany();
        await writeBackToCms(deps, await sent(person, company_id));
        return { payload: { company_id } };
      },
    },
    {
      name: 'preferences, moving the alarm',
      queue: 'preferences',
      prepare: (person) => stale(person, { notification_delay_minutes: 5 }),
    },
    {
      name: 'preferences, closing the batch',
      queue: 'preferences',
      prepare: (person) => stale(person, { batch_size_threshold: 1 }),
    },
  ];
}
