import { afterAll, beforeAll, expect, it } from 'vitest';
import { documentId, event, person, type System, startSystem } from '../support/system.ts';

/** Two databases that number their mails alike, as one and what it was before it was put back to a backup. */

let systems: System[];
beforeAll(async () => {
  systems = [await startSystem(), await startSystem()];
});
afterAll(() => Promise.all(systems.map((system) => system.stop())));

it('another mail of the same number has another Message-ID', async () => {
  const ada = person();
  for (const [nth, system] of systems.entries()) {
    await system.push(event(ada, documentId()));
    await system.applied();
    await system.makeDue(ada);
    await system.mails(ada, nth + 1);
  }
  const numbers = await Promise.all(
    systems.map(async ({ deps }) => {
      const [mail] = await deps.db.sql<{ id: number }[]>`select id from email_notification_log`;
      return mail?.id;
    }),
  );
  expect(numbers).toEqual([1, 1]);
  const sent = await systems[0]!.inbox(ada);
  expect(new Set(sent.map(({ message_id }) => message_id)).size).toBe(2);
});
