import type { z } from 'zod';

/** Names of fields are told; whatever else stands where a name should may be somebody's data. */
const FIELD_NAME = /^\w{1,64}$/;

/**
 * What is wrong with a payload, in one line and without any value of it, because the queue, its board
 * and alerts show it: `events.0.company_id: expected number, received string`.
 */
export function misfit({ issues }: z.ZodError, data: unknown): string {
  const told = issues.flatMap((issue) => branchOf(issue, data)).flatMap(sentences);
  return told.length > 1 ? `${told[0]} (and ${told.length - 1} more)` : String(told[0]);
}

/** Of a payload that may have one of several forms, what keeps it from the one it was meant to have. */
function branchOf(issue: z.core.$ZodIssue, data: unknown): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const present = ({ path: [field] }: z.core.$ZodIssue) =>
    field === undefined || Object.hasOwn(Object(data), field);
  return issue.errors.findLast((branch) => branch.every(present)) ?? issue.errors.at(-1)!;
}

function sentences(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const name = (key: string) => (FIELD_NAME.test(key) ? key : 'one of its fields');
    return issue.keys.map((key) => `${path && `${path}.`}${name(key)}: is not a known field`);
  }
  return [`${path || 'payload'}: ${issue.message.replace(/^Invalid (input|option): /, '')}`];
}
