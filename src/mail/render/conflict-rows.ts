import type { Outcome } from '../locales/locale.ts';
import type { FileRow, FileSection } from './file-rows.ts';
import { LISTED_FILES } from './mail-file.ts';
import { PALETTE } from './palette.ts';
import { shortName } from './untrusted-text.ts';
import type { Wording } from './wording.ts';

/** A file that succeeded while a clean-up was removing it. */
export interface ConflictFile {
  file_name: string;
  /** The stores it lost parts in; how many does not matter to its owner. */
  removed: Partial<Record<'s3' | 'chroma' | 'cms', number | null>>;
  /** Whether what was removed has been put back. */
  restored: boolean;
}

/** Tells owners what to do about such files: upload them again, or nothing. */
export function conflictSections(wording: Wording, files: ConflictFile[]) {
  return {
    lost: section(
      wording,
      'lost',
      'failed',
      files.filter(({ restored }) => !restored),
    ),
    restored: section(
      wording,
      'restored',
      'ready',
      files.filter(({ restored }) => restored),
    ),
  };
}

function section(
  wording: Wording,
  kind: 'lost' | 'restored',
  outcome: Outcome,
  files: ConflictFile[],
): FileSection | null {
  if (files.length === 0) return null;
  const { heading } = wording.locale.conflict[kind];
  const rows = files.slice(0, LISTED_FILES).map((file) => row(wording, kind, file));
  const left = files.length - rows.length;
  return {
    outcome,
    colour: PALETTE[outcome],
    heading: `${heading} (${wording.number(files.length)})`,
    rows,
    more: left > 0 ? wording.plural(wording.locale.files.more, left) : null,
  };
}

function row(wording: Wording, kind: 'lost' | 'restored', file: ConflictFile): FileRow {
  const { conflict, cleanup, files } = wording.locale;
  const stores = (['s3', 'chroma', 'cms'] as const).filter((store) => store in file.removed);
  const places = wording.list(stores.map((store) => cleanup.places[store]));
  return {
    name: shortName(file.file_name) || files.unnamed,
    reason: wording.fill(conflict[kind].text, { places }),
    facts: null,
    cleanup: null,
    message: null,
    messageLabel: files.message,
  };
}
