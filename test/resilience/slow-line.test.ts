import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { openDeps } from '../../src/deps.ts';
import { sendEmail } from '../../src/workers/send-email.ts';
import { until } from '../support/until.ts';
import { sendLab } from './send-lab.ts';

/** Mails that wait for their turn at a server that takes its time. */

const lab = sendLab();
const { mail } = lab;

describe('a line at a slow server', () => {
  it('costs those in it nothing when they are called off', async () => {
    const { sql } = lab.system.deps.db;
    const worker = openDeps(loadConfig({ ...lab.system.env, SMTP_POOL_SIZE: '1' }), 'worker');
    const mails = await sql<{ id: number }[]>`
      insert into email_notification_log (recipient_email, email_type, subject_key, max_attempts,
        rendered_at, email_subject, email_content_text, message_id)
      select 'ada@example.com', 'error_alert', gen_random_uuid(), 1, now(), 's', 't', '<' || n || '@x>'
      from generate_series(1, 5) n returning id`;
    lab.smtp.script(({ stage }) => (stage === 'rcpt' ? { at: 'rcpt', hang: true } : undefined));
    const sending = Promise.allSettled(mails.map(({ id }) => sendEmail(worker, { email_id: id })));
    await until('all but one wait', async () => {
      const [row] = await sql<{ claimed: number }[]>`
        select count(*)::int as claimed from email_notification_log
        where id = any(${mails.map(({ id }) => id)}::bigint[]) and send_status = 'sending'`;
      return row?.claimed === 5 && lab.smtp.commands.some((command) => command.startsWith('RCPT'));
    });
    worker.letGo();
    await sending;
    await worker.close();
    const rows = await sql<{ send_status: string; send_attempts: number }[]>`
      select send_status, send_attempts from email_notification_log
      where id = any(${mails.map(({ id }) => id)}::bigint[]) order by send_status`;
    const untried = { send_status: 'pending', send_attempts: 0 };
    expect(rows).toEqual([{ send_status: 'failed', send_attempts: 1 }, ...Array(4).fill(untried)]);
  });

  it('is left while the lease still covers a whole attempt', async () => {
    const { config, transport } = lab.system.deps;
    let [left, leaseLeft] = [0, 0];
    const watched: typeof transport.send = async (what, options) => {
      left = (options.startBy ?? Number.NaN) - performance.now();
      leaseLeft = (await mail()).lease_expires_at!.getTime() - Date.now();
      return transport.send(what, options);
    };
    await sendEmail(
      { ...lab.system.deps, transport: { ...transport, send: watched } },
      { email_id: lab.email_id },
    );
    expect(left).toBeGreaterThan(50_000);
    // A second for what lies between the two looks at the clock.
    expect(leaseLeft - left).toBeGreaterThan(config.SMTP_TIMEOUT_SECONDS * 2 * 1000 - 1000);
  });
});
