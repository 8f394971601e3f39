import { expect } from 'vitest';
import { parseHtml } from '../support/html-text.ts';
import { type Batch, counts, type Settings } from './reporting-model.ts';
import type { Real } from './reporting-world.ts';

const WHY = {
  threshold: 'enough of your files were done',
  due: 'the waiting time from your settings was over',
  max_age: 'the longest waiting time was over',
  manual: 'An operator asked for this report',
};
const natural = new Intl.Collator('en', { numeric: true }).compare;

/** What arrived of a mail says what the model says: names and their order, counts, reasons, in text and HTML alike. */
export async function checkMail(real: Real, id: number, batch: Batch, now: Settings, bot: number) {
  const [row] = await real.system.deps.db.sql<{ message_id: string }[]>`
    select message_id from email_notification_log where id = ${id}`;
  const arrived = (await real.system.inbox(real.email)).filter(
    ({ message_id }) => message_id === row!.message_id,
  );
  expect(arrived).toHaveLength(1);
  const { subject, text, html } = arrived[0]!;
  expect(!html).toBe(now.email_format === 'text');
  const { ready, failed, unfinished } = counts(batch);
  const lists = (
    [
      ['Could not be processed', ['failed'], failed],
      ['Still in progress', ['pending', 'processing'], unfinished],
      ['Ready', ['success'], now.include_success_details ? ready : 0],
    ] as const
  ).flatMap(([heading, statuses, count]) => {
    const lines = [...batch.lines.values()].filter(({ status }) =>
      (statuses as readonly string[]).includes(status),
    );
    const names = lines.map(({ name }) => name).sort(natural);
    return count > 0 ? [`${heading} (${count})`, ...names] : [];
  });
  const plain = text.replace(/[\u2066-\u2069]/g, '');
  const inText = plain
    .split(/\r?\n/)
    .flatMap(
      (line) => /^\* (.*)$/.exec(line)?.[1] ?? /^[A-Z][a-z ]+ \(\d+\)$/.exec(line)?.[0] ?? [],
    );
  expect(inText).toEqual(lists);
  const reasons = [...batch.lines.values()].flatMap(({ name, status }) =>
    status === 'failed' && now.include_error_details ? [`trouble with ${name}`] : [],
  );
  expect([...plain.matchAll(/trouble with \S+/g)].map(String).sort()).toEqual(reasons.sort());
  const words = [
    [ready, 'ready'],
    [failed, 'failed'],
    [unfinished, 'in progress'],
  ] as const;
  const [first, ...rest] = words.filter(([count]) => count > 0);
  if (batch.lines.size === 1) expect(subject).toContain([...batch.lines.values()][0]!.name);
  else
    expect(subject).toBe(
      [
        `${first![0]} file${first![0] === 1 ? '' : 's'} ${first![1]}`,
        ...rest.map(([count, word]) => `${count} ${word}`),
      ].join(', '),
    );
  expect(plain.replace(/\s+/g, ' ')).toContain(WHY[batch.closedBy!]);
  expect(plain).toContain(`Knowledge bot ${bot}`);
  if (!html) return;
  const { texts } = parseHtml(html);
  const inHtml = texts
    .filter(
      ({ element, text: said }) =>
        element === 'h2' || (element === 'bdi' && said.startsWith('scan-')),
    )
    .map(({ text: said }) => said);
  expect(inHtml).toEqual(lists);
}
