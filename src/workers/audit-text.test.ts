import { expect, test } from 'vitest';
import type { AuditReport } from '../domain/store-audit.ts';
import { auditText } from './audit-text.ts';

const report = (...examples: string[]): AuditReport => ({
  started_at: '2026-03-01T12:00:00.000Z',
  completed_at: '2026-03-01T12:00:01.000Z',
  read: { objects: 1, chunks: 0, records: 0, files: 0 },
  findings: [{ kind: 'object_without_record', count: examples.length, fixable: 0, examples }],
  not_looked_at: [],
  corrections_created: null,
});

test('a key moves nothing on the terminal it is written to, and takes one line', () => {
  const text = auditText(
    report(
      'a\u001b]0;pwned\u0007\u001b[2J.pdf',
      'b\nNothing found.',
      'c\u202egpj.exe',
      'd\u009b1A',
      'Grüße 鍵.pdf',
    ),
  );
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  expect(text).toContain('  a\\u{1b}]0;pwned\\u{7}\\u{1b}[2J.pdf\n');
  expect(text).toContain('  b\\u{a}Nothing found.\n');
  expect(text).toContain('  Grüße 鍵.pdf\n');
});
