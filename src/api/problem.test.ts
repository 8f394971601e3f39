import type { Request, Response } from 'express';
import { pino } from 'pino';
import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { conflict, HttpProblem, invalid, problemHandler } from './problem.ts';

/** Runs the handler and returns what it would send. */
function answerTo(error: unknown) {
  const sent = { status: 0, headers: {}, type: '', text: '', passedOn: false };
  const response = {
    headersSent: false,
    status: (status: number) => Object.assign(sent, { status }) && response,
    set: (headers: object) => Object.assign(sent, { headers }) && response,
    type: (type: string) => Object.assign(sent, { type }) && response,
    send: (text: string) => Object.assign(sent, { text }) && response,
  };
  const handle = problemHandler(pino({ level: 'silent' }));
  handle(error, { method: 'GET' } as Request, response as unknown as Response, () => {});
  return { ...sent, body: JSON.parse(sent.text) };
}

describe('what was thrown', () => {
  it('on purpose is said', () => {
    const { status, type, body } = answerTo(conflict('It is closed.'));
    expect([status, type]).toEqual([409, 'application/problem+json']);
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'It is closed.',
    });
  });
  it('by accident tells nothing of the inside', () => {
    const { status, text } = answerTo(new Error('password=hunter2 for ada@example.com'));
    expect(status).toBe(500);
    expect(text).not.toMatch(/hunter2|ada@/);
  });
  const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
  const stopping = Object.assign(Object.create(postgres.PostgresError.prototype), {
    code: '57P01',
  });
  it.each([
    ['refuses', refused],
    ['is being stopped', stopping],
    ['is away behind another error', new Error('query failed', { cause: refused })],
  ])('by a database that %s asks to come back', (_, error) => {
    const { status, headers } = answerTo(error);
    expect([status, headers]).toEqual([503, { 'Retry-After': '5' }]);
  });
  it('with headers passes them on', () => {
    const problem = new HttpProblem(429, 'Slow', 'Slower.', { headers: { 'Retry-After': '1' } });
    expect(answerTo(problem).headers).toEqual({ 'Retry-After': '1' });
  });
});

it('fields at fault are named by their path', () => {
  const schema = z.strictObject({ list: z.array(z.strictObject({ n: z.number() })) });
  const { error } = schema.safeParse({ list: [{ n: 1 }, { n: 'x', extra: 1 }], more: 1 });
  expect(
    invalid(error!, 'body')
      .errors?.map(({ path }) => path)
      .sort(),
  ).toEqual(['list.1.extra', 'list.1.n', 'more']);
});
