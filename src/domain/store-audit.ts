import type { StoreName } from '../contracts/stores.ts';
import type { CorrectionAction } from './corrections.ts';

/** What an audit of the stores can find, and what it has to have read to say so. */

interface Kind {
  /** Stores that have to answer; without one of them the question is left open. */
  needs: readonly StoreName[];
  /** The step of a correction that removes it; null where nothing is to be removed. */
  action: CorrectionAction | null;
  says: string;
}

/** Leftovers are of files that failed; without a record is what neither CMS nor we have a file for. */
export const AUDIT_KINDS = {
  object_without_record: {
    needs: ['s3', 'cms'],
    action: 's3_delete',
    says: 'objects that no record names',
  },
  chunks_without_record: {
    needs: ['chroma', 'cms'],
    action: 'chroma_delete',
    says: 'files with chunks and no record',
  },
  record_without_object: {
    needs: ['s3', 'cms'],
    action: null,
    says: 'files whose object is missing',
  },
  record_without_chunks: {
    needs: ['chroma'],
    action: null,
    says: 'files that succeeded and have no chunks',
  },
  leftover_object: {
    needs: ['s3', 'cms'],
    action: 's3_delete',
    says: 'objects of generations that failed',
  },
  leftover_chunks: {
    needs: ['chroma', 'cms'],
    action: 'chroma_delete',
    says: 'files that failed and have chunks',
  },
  leftover_record: {
    needs: ['cms'],
    action: 'cms_delete',
    says: 'CMS records of files that failed',
  },
} as const satisfies Record<string, Kind>;

export type AuditKind = keyof typeof AUDIT_KINDS;
export const auditKinds = Object.keys(AUDIT_KINDS) as AuditKind[];

/** Category of the corrections of files that were deleted: no failure of theirs has one. */
export const ORPHANED = 'orphaned';

/** The kinds that can be told apart although some stores could not be read. */
export function tellableKinds(unread: ReadonlySet<StoreName>): AuditKind[] {
  return auditKinds.filter((kind) => !AUDIT_KINDS[kind].needs.some((store) => unread.has(store)));
}

/** How many were found of one kind, how many a correction may remove, and some of them. */
export interface Finding {
  kind: AuditKind;
  count: number;
  fixable: number;
  /** Ids, keys where there is no other; without e-mail addresses. */
  examples: string[];
}

/** Something that could not be looked at, the kinds that are left open by it, and why. */
export interface Unseen {
  kinds: AuditKind[];
  reason: string;
}

export interface AuditReport {
  started_at: string;
  completed_at: string;
  /** How much was read of each store, and how many files our own records know. */
  read: { objects: number; chunks: number; records: number; files: number };
  findings: Finding[];
  not_looked_at: Unseen[];
  /** Correction tasks made for what was found; null where none were asked for. */
  corrections_created: number | null;
}

/** What a command says of an audit: 0 nothing found, 3 findings, 1 something could not be looked at. */
export function exitCodeOf({ findings, not_looked_at }: AuditReport): 0 | 1 | 3 {
  if (findings.length > 0) return 3;
  return not_looked_at.length > 0 ? 1 : 0;
}
