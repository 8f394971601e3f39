import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { recordOptOut } from '../../src/db/queries/opt-outs.ts';
import { openDeps } from '../../src/deps.ts';
import { applyOptOuts } from '../../src/workers/apply-opt-outs.ts';
import { sendEmail } from '../../src/workers/send-email.ts';
import { person, startSystem } from '../support/system.ts';
import { oneClick, unsubscribeLab } from '../support/unsubscribe-lab.ts';
import { until } from '../support/until.ts';

/** A link in a mail while the CMS, the database or word of the change is away. */

const lab = unsubscribeLab();
const { mailTo, suppressedMail, enabled, isOff } = lab;

it('holds while the CMS is away, and reaches it afterwards', async () => {
  const ada = person();
  const { link } = await mailTo(ada);
  const turnOff = lab.system.deps.cms.turnOff;
  let refused = 0;
  lab.system.deps.cms.turnOff = async () => {
    refused += 1;
    throw new Error('the CMS is away');
  };
  expect((await oneClick(link)).status).toBe(200);
  await until('the CMS was asked', () => refused > 0);
  expect(await enabled(ada)).toBe(true);
  expect(await suppressedMail(ada)).toMatchObject({ suppressed_reason: 'notifications_disabled' });
  lab.system.deps.cms.turnOff = turnOff;
  await lab.system.deps.db.sql`update opt_outs set attempted_at = now() - interval '1 minute'`;
  await isOff(ada);
});

it('holds in a process that was not told, until the CMS says otherwise', async () => {
  const quiet = await startSystem({ workers: false });
  // It does not listen for what changes, as one whose connection to Redis is being restored.
  const deaf = openDeps(loadConfig(quiet.env), 'deaf');
  try {
    const owner = { company_id: 1, bot_id: 1, user_email: person() };
    const mail = async () => {
      const [row] = await quiet.deps.db.sql<{ id: number }[]>`
        insert into email_notification_log (recipient_email, company_id, bot_id, email_type,
          subject_key, max_attempts, rendered_at, email_subject, email_content_text, message_id)
        values (${owner.user_email}, 1, 1, 'summary', gen_random_uuid(), 1, now(), 's', 't', '<1@x>')
        returning id`;
      await sendEmail(deaf, { email_id: row!.id });
      const [sent] = await quiet.deps.db.sql`
        select send_status, suppressed_reason from email_notification_log where id = ${row!.id}`;
      return sent;
    };
    const sent = { send_status: 'sent', suppressed_reason: null };
    const suppressed = { send_status: 'suppressed', suppressed_reason: 'notifications_disabled' };
    expect(await mail()).toEqual(sent);
    await recordOptOut(quiet.deps.db.sql, owner);
    expect(await mail()).toEqual(suppressed);
    await applyOptOuts(quiet.deps);
    expect(await mail()).toEqual(suppressed);
    const path = '/api/user-notification-preferences';
    const { body } = await quiet.cms.call('GET', `${path}?user_email=${owner.user_email}`);
    const [row] = body.data as unknown as { documentId: string }[];
    const data = { notification_enabled: true };
    await quiet.cms.call('PUT', `${path}/${row?.documentId}`, { data });
    await deaf.preferences.invalidate(owner);
    expect(await mail()).toEqual(sent);
  } finally {
    await deaf.close();
    await quiet.stop();
  }
});

it('says to try again while the database is away', async () => {
  const ada = person();
  const { link } = await mailTo(ada);
  const { db } = lab.system.deps;
  const away = () => Promise.reject(new Error('the database is away'));
  lab.system.deps.db = { ...db, sql: away as unknown as typeof db.sql };
  const answers = [await fetch(link), await oneClick(link)];
  lab.system.deps.db = db;
  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(await answer.text()).toContain('Please try again');
  }
  expect((await oneClick(link)).status).toBe(200);
});
