import { afterAll, beforeAll, expect, it } from 'vitest';
import { documentId, event, failure, person, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Many files of many people at once: every one is told, once, and the books agree. */

const PEOPLE = 50;
const FILES_EACH = 20;
const REQUESTS = 50;

let system: System;
beforeAll(async () => {
  system = await startSystem({ env: { ENABLE_AUTO_CORRECTION: 'false' } });
});
afterAll(() => system.stop());

it('1,000 files of 50 people end in the right mails', { timeout: 120_000 }, async () => {
  const people = Array.from({ length: PEOPLE }, (_, nth) => person(`p${nth}`));
  const files = Array.from({ length: PEOPLE * FILES_EACH }, (_, nth) => {
    const owner = people[nth % PEOPLE]!;
    const document = documentId();
    const failed = nth % 10 === 0;
    return { owner, document, event: failed ? failure(owner, document) : event(owner, document) };
  });
  // Each request carries files of many people, and each person's files come by many requests.
  const shuffled = files.map((_, nth) => files[(nth * 7) % files.length]!);
  const size = files.length / REQUESTS;
  await Promise.all(
    Array.from({ length: REQUESTS }, (_, nth) =>
      system.push(...shuffled.slice(nth * size, (nth + 1) * size).map((file) => file.event)),
    ),
  );
  await system.applied();
  for (const email of people) await system.makeDue(email);
  await until('every mail is sent', async () => {
    const [open] = await system.deps.db.sql<{ open: number }[]>`
      select (select count(*) from batch_processing_sessions where status = 'processing')
        + (select count(*) from email_notification_log where send_status <> 'sent') as open`;
    return open?.open === 0;
  });

  const batches = await system.deps.db.sql<
    { user_email: string; batches: number; mails: number; files: number }[]
  >`
    select user_email, count(*) as batches, count(e.id) as mails, sum(total_files)::int as files
    from batch_processing_sessions b left join email_notification_log e using (batch_id)
    group by user_email`;
  expect(batches).toHaveLength(PEOPLE);
  for (const one of batches) {
    expect(one).toMatchObject({ files: FILES_EACH, mails: one.batches });
    const mails = await system.inbox(one.user_email);
    expect(mails).toHaveLength(one.batches);
    const told = mails.map(({ text }) => text).join('\n');
    const own = files.filter(({ owner }) => owner === one.user_email);
    for (const { document } of own) expect(told.split(`${document}.pdf`)).toHaveLength(2);
  }

  const wrong = await system.deps.db.sql`
    select batch_id from batch_processing_sessions b
    join lateral (
      select count(*) as total, count(*) filter (where processing_status = 'success') as ready,
        count(*) filter (where processing_status = 'failed') as failed, sum(event_count) as events
      from batch_files f where f.batch_id = b.batch_id
    ) lines on true
    where (total_files, successful_files, failed_files, b.event_count)
      is distinct from (total, ready, failed, events)`;
  expect(wrong).toEqual([]);
  const { body } = await system.call('GET', '/api/audit');
  expect(body.data).toMatchObject({ accepted: 1000, reported: 1000, unaccounted: 0, pending: 0 });
});
