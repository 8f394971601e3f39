import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { openDeps } from '../../src/deps.ts';
import { NotYet } from '../../src/errors.ts';
import { sendEmail } from '../../src/workers/send-email.ts';
import { startTcpProxy } from '../chaos/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { sendLab } from './send-lab.ts';

/** Mails that are sent while Postgres is away: no answer of the mail server is lost, and none counts twice. */

const lab = sendLab();
const { mail } = lab;

/** As the driver says it. */
const gone = () =>
  Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' });

describe('while Postgres is away', () => {
  const attempts = async () =>
    (
      await lab.system.deps.db.sql<{ outcome: string }[]>`
        select outcome from notification_retry_log where email_id = ${lab.email_id}`
    ).map(({ outcome }) => outcome);

  it('what the server answers is kept until it is back', async () => {
    const proxy = await startTcpProxy();
    const database = new URL(lab.system.env.DATABASE_URL!);
    proxy.leadTo(Number(database.port));
    Object.assign(database, { hostname: '127.0.0.1', port: String(proxy.port) });
    const worker = openDeps(
      loadConfig({ ...lab.system.env, DATABASE_URL: database.href }),
      'worker',
    );
    try {
      let answer = () => {};
      const answered = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const { send } = worker.transport;
      worker.transport.send = (...given) => send(...given).finally(answer);
      lab.smtp.faults.next = [{ at: 'dot', delayMs: 500 }];
      const sending = sendEmail(worker, { email_id: lab.email_id });
      await until('the body has arrived', () => lab.smtp.commands.at(-1) === '.');
      await proxy.refuse();
      await answered;
      // Tries that are in vain cannot be seen from outside: a second is time for several.
      await pause(1000);
      await proxy.listen();
      await sending;
      expect(await mail()).toMatchObject({ send_status: 'sent', send_attempts: 1 });
      expect(await attempts()).toEqual(['sent']);
      expect(lab.smtp.messages).toHaveLength(1);
    } finally {
      await worker.close();
      await proxy.refuse();
    }
  });

  it('whose answer was lost is told again, and the attempt is logged once', async () => {
    const { deps } = lab.system;
    let tries = 0;
    const complete: typeof deps.mails.complete = async (completed) => {
      const held = await deps.mails.complete(completed);
      tries += 1;
      if (tries === 1) throw gone();
      return held;
    };
    await sendEmail({ ...deps, mails: { ...deps.mails, complete } }, { email_id: lab.email_id });
    expect(tries).toBe(2);
    expect((await mail()).send_status).toBe('sent');
    expect(await attempts()).toEqual(['sent']);
  });

  it.each([
    ['costs no attempt where it is Postgres that failed', gone(), 0],
    ['costs an attempt where it may be the mail', new TypeError('no such field'), 1],
  ])('a claim is given back before the attempt, and %s', async (_what, error, send_attempts) => {
    const { deps } = lab.system;
    const preferences = { ...deps.preferences, resolve: () => Promise.reject(error) };
    const sending = sendEmail({ ...deps, preferences }, { email_id: lab.email_id });
    await expect(sending).rejects.toBeInstanceOf(NotYet);
    expect(await mail()).toMatchObject({ send_status: 'pending', send_attempts });
  });
});
