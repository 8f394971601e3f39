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
