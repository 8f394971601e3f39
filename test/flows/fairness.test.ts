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
  const env = { SMTP_SERVER: '127.0.0.1', SMTP_PORT: String(smtp.port), SMTP_POOL_SIZE: '2' };
  system = await startSystem({ env });
});
afterAll(async () => {
  await system.stop();
  await smtp.close();
});

it('lets the one mail of a small company pass the line of a big one', async () => {
  smtp.script(() => ({ at: 'dot', delayMs: 20 }));
  const crowd = Array.from({ length: CROWD }, () => person('crowd'));
  const five = (email: string, company_id: number) =>
    Array.from({ length: 5 }, () => event(email, documentId(), { company_id }));
  await Promise.all(
    Array.from({ length: CROWD / 100 }, (_, page) =>
      system.push(...crowd.slice(page * 100, page * 100 + 100).flatMap((one) => five(one, 11))),
    ),
  );
  await until('the line has formed', () => smtp.messages.length > 10);
  const ada = person('ada');
  await system.push(...five(ada, 12));
  const isAda = ({ to }: { to: string[] }) => to.includes(ada);
  await until('her mail arrives', () => smtp.messages.some(isAda));
  const before = smtp.messages.findIndex(isAda);
  expect(before).toBeLessThan(CROWD / 2);
});
