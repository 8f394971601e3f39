import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { emails } from '../db/schema/emails.ts';
import { openPostgres } from '../postgres-client.ts';
import { describeError } from './logger.ts';

test('a query that failed is told of without the values it was given', async () => {
  const client = openPostgres('postgres://u:p@127.0.0.1:1/x', 'logger test', { max: 1 });
  const error = await drizzle(client)
    .update(emails)
    .set({ email_subject: 'the salary of Ada' })
    .then(
      () => new Error('the query found a database'),
      (thrown: unknown) => thrown,
    );
  expect(String(error)).toContain('the salary of Ada');
  for (const thrown of [error, new Error('the list failed', { cause: error })]) {
    const told = JSON.stringify(describeError(thrown));
    expect(told).toContain('ECONNREFUSED');
    expect(told).not.toContain('Ada');
  }
});

test('a long word is masked in a time that grows with its length', () => {
  const cost = (text: string) => {
    const before = process.cpuUsage();
    describeError(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  // Sixteen times the text would take 256 times as long if the square counted.
  const short = cost('a'.repeat(16_384));
  expect(cost('a'.repeat(262_144))).toBeLessThan(40 * short + 100);
  expect(describeError(`ada@example.com ${'a'.repeat(9)}@b`).message).toBe('[address] [address]');
});
