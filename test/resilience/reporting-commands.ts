import { randomUUID } from 'node:crypto';
import type fc from 'fast-check';
import { expect } from 'vitest';
import { NotYet } from '../../src/errors.ts';
import { applyFileEvents } from '../../src/workers/apply-file-events.ts';
import { closeDueBatch } from '../../src/workers/close-batch.ts';
import { refreshPreferences } from '../../src/workers/refresh-preferences.ts';
import { renderEmail } from '../../src/workers/render-email.ts';
import { sendEmail } from '../../src/workers/send-email.ts';
import { sweep } from '../../src/workers/sweep.ts';
import { jobContext } from '../support/job-context.ts';
import { checkMail } from './reporting-mail.ts';
import { counts, type Event, NOW_BASE, type Settings } from './reporting-model.ts';
import {
  BOTS,
  compare,
  type Model,
  openRow,
  PREFERENCES,
  type Real,
  seenBatches,
  webhook,
  wire,
} from './reporting-world.ts';

/** What can happen in a history of the model of reporting. */

export type Command = fc.AsyncCommand<Model, Real>;
const command = (
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command => ({
  check,
  toString: () => name,
  async run(model, real) {
    await run(model, real);
    await compare(model, real);
  },
});

let requests = 0;
/** An event to be pushed; `at` is a second of the history, null for now. */
export type Wanted = Pick<Event, 'action' | 'stage' | 'status' | 'size'> & {
  file: number;
  bot: number;
  version: number;
  at: number | null;
};

export const push = (list: Wanted[], again: number | null) =>
  command(`push ${JSON.stringify(list)} ${again}`, async (model, real) => {
    requests += 1;
    const events = list.map(({ file, bot, version, at, ...rest }, nth) => ({
      bot,
      event: {
        ...rest,
        id: `m-${requests.toString().padStart(8, '0')}-${nth}-${randomUUID()}`,
        file: real.documents[file]!,
        name: `scan-${file * 7}-v${version}.pdf`,
        at: at ?? NOW_BASE + requests,
      },
    }));
    const repeated = again === null ? undefined : model.sent[again % (model.sent.length || 1)];
    const bodies = events.map(({ bot, event }) => wire(real, BOTS[bot]!, event));
    // The same id with other content: the first wins.
    if (repeated)
      bodies.push({ ...wire(real, BOTS[repeated.bot]!, repeated.event), file_event_id: 7 });
    const { body } = await real.system.push(...bodies);
    expect(body.data).toMatchObject({ accepted: events.length, duplicates: repeated ? 1 : 0 });
    if (repeated) expect(body.data.events.at(-1)).toMatchObject({ differs: true });
    model.sent.push(...events);
    const [row] = await real.system.deps.db.sql<{ chunk_id: string }[]>`
      select chunk_id from file_events where event_id = ${events[0]!.event.id}`;
    await applyFileEvents(real.system.deps, { chunk_id: row!.chunk_id }, jobContext('model'));
    for (const [bot, owner] of model.owners.entries()) {
      const own = events.filter((one) => one.bot === bot).map(({ event }) => event);
      if (own.length > 0) owner.apply(own, model.now);
    }
  });

export const tick = (nth: number) =>
  command(
    `tick ${nth}`,
    async (model, real) => {
      const batch_id = (await openRow(real, nth))!;
      const ring = closeDueBatch(real.system.deps, { batch_id });
      if (model.owners[nth]!.tick(model.now)) await ring;
      else await expect(ring).rejects.toThrow(NotYet);
    },
    (model) => model.owners[nth]!.open !== null,
  );

/** The clock goes on: everything of the person is that much older. */
export const wait = (hours: number) =>
  command(`wait ${hours} h`, async (model, { system, company }) => {
    model.now += hours;
    const by = `${hours * 60} minutes`;
    const { sql } = system.deps.db;
    await sql`
      update batch_files f set created_at = f.created_at - ${by}::interval,
        processing_start_time = f.processing_start_time - ${by}::interval
      from batch_processing_sessions b where b.batch_id = f.batch_id and b.company_id = ${company}`;
    await sql`
      update batch_processing_sessions set batch_start_time = batch_start_time - ${by}::interval,
        due_at = due_at - ${by}::interval
      where company_id = ${company} and closed_by is null`;
  });

export const operatorCloses = (nth: number) =>
  command(
    `close ${nth}`,
    async (model, real) => {
      const batch = model.owners[nth]!.open!;
      const { ready, failed } = counts(batch);
      const path = `/api/batches/${await openRow(real, nth)}/close`;
      const { status } = await real.system.call('POST', path);
      expect(status).toBe(ready + failed > 0 ? 202 : 409);
      if (status !== 202) return;
      batch.closeRequested = true;
      batch.due = Math.min(batch.due, model.now);
    },
    (model) => model.owners[nth]!.open !== null,
  );

export const prefer = (nth: number, settings: Settings) =>
  command(`prefer ${nth} ${JSON.stringify(settings)}`, async (model, real) => {
    const path = `${PREFERENCES}/${real.rows[nth]}`;
    expect((await real.system.cms.call('PUT', path, { data: settings })).status).toBe(200);
    await webhook(real, BOTS[nth]!);
    const batch_id = await openRow(real, nth);
    if (batch_id) await refreshPreferences(real.system.deps, { batch_id });
    model.owners[nth]!.prefer(settings, model.now);
  });

const mailsIn = (model: Readonly<Model>, ...statuses: string[]) =>
  model.owners.flatMap((owner, nth) =>
    owner.closed.flatMap((batch, index) =>
      statuses.includes(batch.mail) ? [{ owner, nth, batch, index }] : [],
    ),
  );

/** Something that happens to one mail. */
const aboutMail = (
  name: string,
  which: number,
  statuses: string[],
  run: (
    model: Model,
    real: Real,
    at: ReturnType<typeof mailsIn>[number],
    id: number,
  ) => Promise<void>,
) =>
  command(
    `${name} ${which}`,
    async (model, real) => {
      const mails = mailsIn(model, ...statuses);
      const at = mails[which % mails.length]!;
      const { email_id } = (await seenBatches(real, at.nth))[at.index]!;
      await run(model, real, at, email_id!);
    },
    (model) => mailsIn(model, ...statuses).length > 0,
  );

export const send = (which: number) =>
  aboutMail('send', which, ['pending'], async (model, real, { owner, nth, batch }, email_id) => {
    await renderEmail(real.system.deps, { email_id });
    await sendEmail(real.system.deps, { email_id });
    const why = model.suppressed
      ? 'address_suppressed'
      : !owner.settings.notification_enabled
        ? 'notifications_disabled'
        : model.quota !== null && model.used >= model.quota
          ? 'quota_exceeded'
          : null;
    batch.why = why;
    batch.mail = why ? 'suppressed' : 'sent';
    if (why) return;
    model.used += 1;
    await checkMail(real, email_id, batch, owner.settings, BOTS[nth]!);
  });

const expireLeases = ({ system }: Real) => system.deps.db.sql`
  update email_notification_log set lease_expires_at = now() - interval '1 second'
  where send_status = 'sending'`;

/** A sender dies, before or after the body of a mail has left. */
export const vanish = (which: number, handsOver: boolean) =>
  aboutMail(`vanish ${handsOver}`, which, ['pending'], async (_model, real, { batch }, id) => {
    await renderEmail(real.system.deps, { email_id: id });
    const claim = { id, token: randomUUID(), leaseSeconds: 60 };
    expect(await real.system.deps.mails.claim(claim)).toBeDefined();
    if (handsOver) expect(await real.system.deps.mails.handOver(claim)).toBe(true);
    await expireLeases(real);
    await sweep(real.system.deps);
    if (handsOver) batch.mail = 'unknown';
  });

export const decide = (which: number, how: 'resend' | 'mark-sent') =>
  aboutMail(how, which, ['unknown'], async (model, { system }, { batch }, id) => {
    const { status } = await system.call('POST', `/api/emails/${id}/${how}`);
    expect(status).toBe(how === 'resend' ? 202 : 200);
    batch.mail = how === 'resend' ? 'pending' : 'sent';
    if (how === 'mark-sent') model.used += 1;
  });

export const forbidden = (which: number) =>
  aboutMail(
    'resend in vain',
    which,
    ['sent', 'suppressed', 'pending'],
    async (_model, { system }, _at, id) => {
      expect((await system.call('POST', `/api/emails/${id}/resend`)).status).toBe(409);
    },
  );

export const monthTurns = () =>
  command('month turns', async (model, { system, company }) => {
    model.used = 0;
    await system.deps.db.sql`
      update email_notification_log set sent_at = sent_at - interval '1 month'
      where company_id = ${company}`;
  });

export const suppress = (on: boolean) =>
  command(
    `suppress ${on}`,
    async (model, { system, email }) => {
      model.suppressed = on;
      if (on) {
        const { status } = await system.call('POST', '/api/suppressions', { email });
        expect(status).toBeLessThan(300);
        return;
      }
      const { body } = await system.call('GET', `/api/suppressions?email=${email}`);
      const { status } = await system.call('DELETE', `/api/suppressions/${body.data[0].id}`);
      expect(status).toBeLessThan(300);
    },
    (model) => model.suppressed !== on,
  );

export const sweeps = () =>
  command('sweep', async (_model, { system }) => void (await sweep(system.deps)));
