import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultySmtp, startFaultySmtp } from '../support/smtp-faults.ts';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** One company's many mails do not hold up another's one. */

const CROWD = 300;
let smtp: FaultySmtp;
let system: System;
beforeAll(async () => {
  smtp = await startFaultySmtp();
  const env = {
    SMTP_SERVER: '127.0.0.1',
    SMTP_PORT: String(smtp.port),
    SMTP_POOL_SIZE: '2',
    // The mail server is held up for as long as this machine takes to form the line.
    SMTP_TIMEOUT_SECONDS: '600',
  };
  system = await startSystem({ env });
});
afterAll(async () => {
  await system.stop();
  await smtp.close();
});

/** Jobs to send a mail that have not ended, those under way included. */
const line = () =>
  system.deps.producer.queue('email-send').getJobs(['active', 'waiting', 'prioritized']);
const five = (email: string, company_id: number) =>
  Array.from({ length: 5 }, () => event(email, documentId(), { company_id }));

it('lets the one mail of a small company pass the line of a big one', {
  timeout: 120_000,
}, async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const ada = person('ada');
  try {
    smtp.script(() => ({ at: 'dot', until: held }));
    const crowd = Array.from({ length: CROWD }, () => person('crowd'));
    await Promise.all(
      Array.from({ length: CROWD / 100 }, (_, page) =>
        system.push(...crowd.slice(page * 100, page * 100 + 100).flatMap((one) => five(one, 11))),
      ),
    );
    await until('the crowd stands in line', async () => (await line()).length === CROWD, 40_000);
    await system.push(...five(ada, 12));
    await until('she stands in line', async () => (await line()).length === CROWD + 1);
    expect(smtp.messages).toEqual([]);
  } finally {
    release();
  }
  const isAda = ({ to }: { to: string[] }) => to.includes(ada);
  await until('her mail arrives', () => smtp.messages.some(isAda), 40_000);
  const before = smtp.messages.findIndex(isAda);
  expect(before).toBeLessThan(CROWD / 2);
});
