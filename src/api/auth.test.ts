import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { authorizer } from './auth.ts';

const authorize = authorizer({
  INGESTION_SERVICE_API_KEY: ['producer-1', 'producer-2'],
  ADMIN_API_KEY: ['admin-1', 'admin-2'],
});
const from = (authorization?: string) => ({ headers: { authorization } }) as unknown as Request;
const status = (authorization: string | undefined, access: 'open' | 'producer' | 'admin') => {
  try {
    authorize(from(authorization), access);
    return 200;
  } catch (error) {
    return (error as { status: number }).status;
  }
};

describe('a key', () => {
  it.each([
    [undefined, 200, 401, 401],
    ['Bearer ', 200, 401, 401],
    ['Bearer wrong', 200, 401, 401],
    ['Bearer producer-1,producer-2', 200, 401, 401],
    ['Basic admin-1', 200, 401, 401],
    ['Bearer producer-1', 200, 200, 403],
    ['bearer  producer-2 ', 200, 200, 403],
    ['Bearer admin-1', 200, 200, 200],
    ['Bearer admin-2', 200, 200, 200],
  ])('%s: open %i, producer %i, admin %i', (given, open, producer, admin) => {
    const answers = (['open', 'producer', 'admin'] as const).map((access) => status(given, access));
    expect(answers).toEqual([open, producer, admin]);
  });
});

it('clients are told apart by key, and no key is kept', () => {
  const client = (key: string) => authorize(from(`Bearer ${key}`), 'producer');
  expect(client('producer-1')).not.toContain('producer-1');
  expect(client('producer-1')).toBe(client('producer-1'));
  expect(client('producer-2')).not.toBe(client('producer-1'));
  expect(authorize(from(), 'open')).toBeNull();
});
