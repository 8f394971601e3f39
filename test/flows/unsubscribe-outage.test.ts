import { expect, it } from 'vitest';
import { person } from '../support/system.ts';
import { oneClick, unsubscribeLab } from '../support/unsubscribe-lab.ts';
import { until } from '../support/until.ts';

/** A link in a mail while the CMS or the database is away. */

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
