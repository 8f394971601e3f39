import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AUDIT_KINDS,
  type AuditReport,
  auditKinds,
  exitCodeOf,
  type Finding,
  tellableKinds,
} from './store-audit.ts';

const stores = fc.uniqueArray(fc.constantFrom('s3' as const, 'chroma' as const, 'cms' as const));

describe('what can be told', () => {
  it('is everything when all stores were read, and shrinks with each that was not', () => {
    expect(tellableKinds(new Set())).toEqual(auditKinds);
    fc.assert(
      fc.property(stores, (unread) => {
        const told = tellableKinds(new Set(unread));
        for (const kind of auditKinds)
          expect(told.includes(kind)).toBe(
            AUDIT_KINDS[kind].needs.every((store) => !unread.includes(store)),
          );
      }),
    );
  });
});

describe('the exit code', () => {
  const finding: Finding = { kind: 'leftover_object', count: 1, fixable: 1, examples: [] };
  const report = (findings: Finding[], reasons: string[]): AuditReport => ({
    started_at: '',
    completed_at: '',
    read: { objects: 0, chunks: 0, records: 0, files: 0 },
    findings,
    not_looked_at: reasons.map((reason) => ({ kinds: [], reason })),
    corrections_created: null,
  });

  it('says what was found before it says what could not be looked at', () => {
    expect(exitCodeOf(report([], []))).toBe(0);
    expect(exitCodeOf(report([], ['s3 is away']))).toBe(1);
    expect(exitCodeOf(report([finding], []))).toBe(3);
    expect(exitCodeOf(report([finding], ['s3 is away']))).toBe(3);
  });
});
