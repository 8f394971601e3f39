import { AUDIT_KINDS, type AuditReport } from '../domain/store-audit.ts';

/** A report of `tidings audit-stores` for people. */
export function auditText(report: AuditReport): string {
  const { objects, chunks, records, files } = report.read;
  return [
    `Read ${objects} objects, ${chunks} chunks and ${records} CMS records; ${files} files are known here.`,
    '',
    ...(report.findings.length > 0 ? findingLines(report) : ['Nothing found.']),
    ...report.not_looked_at.flatMap(({ kinds, reason }) => [
      '',
      `Not looked at: ${kinds.join(', ')}`,
      `  ${reason}`,
    ]),
    ...closing(report),
    '',
  ].join('\n');
}

function findingLines({ findings }: AuditReport): string[] {
  const rows = [
    ['FOUND', 'FIXABLE', 'KIND', ''],
    ...findings.map(({ kind, count, fixable }) => {
      return [String(count), String(fixable), kind, AUDIT_KINDS[kind].says];
    }),
  ];
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const line = ([count = '', fixable = '', kind = '', says = '']: string[]) =>
    `${count.padStart(width(0))}  ${fixable.padStart(width(1))}  ${kind.padEnd(width(2))}  ${says}`;
  const examples = findings.flatMap((finding) => {
    if (finding.examples.length === 0) return [];
    const more = finding.count - finding.examples.length;
    const rest = more > 0 ? [`  and ${more} more`] : [];
    return ['', `${finding.kind}:`, ...finding.examples.map((one) => `  ${visible(one)}`), ...rest];
  });
  return [...rows.map((row) => line(row).trimEnd()), ...examples];
}

/** Keys are whatever somebody called them: written as they are, a terminal would do what they say. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function closing({ findings, corrections_created: created }: AuditReport): string[] {
  if (created !== null)
    return ['', `Correction tasks made: ${created}. They run in their mode, under all guards.`];
  if (findings.some(({ fixable }) => fixable > 0))
    return ['', 'Corrections may remove what is fixable: run this again with --fix.'];
  return [];
}
