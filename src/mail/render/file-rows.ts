import { STORE_NAMES, type StoreName } from '../../contracts/stores.ts';
import type { Locale, Outcome } from '../locales/locale.ts';
import type { FileCorrection, MailFile } from './mail-file.ts';
import { LISTED_FILES } from './mail-file.ts';
import { PALETTE } from './palette.ts';
import { shortMessage, shortName } from './untrusted-text.ts';
import type { Wording } from './wording.ts';

/** One line of a file list. Null parts are not shown. */
export interface FileRow {
  name: string;
  reason: string | null;
  /** How much text a ready file gave, its size and how long it took. */
  facts: string | null;
  cleanup: string | null;
  message: string | null;
  messageLabel: string;
}

/** One list with its heading; `more` says how many files the list leaves out. */
export interface FileSection {
  outcome: Outcome;
  colour: { ink: string; bar: string };
  heading: string;
  rows: FileRow[];
  more: string | null;
}

/** A list of at most `LISTED_FILES` rows out of `total`; null when there is nothing to list. */
export function fileSection(
  wording: Wording,
  outcome: Outcome,
  files: MailFile[],
  total: number,
  row: (file: MailFile) => FileRow,
): FileSection | null {
  const rows = files.slice(0, LISTED_FILES).map(row);
  if (total <= 0 && rows.length === 0) return null;
  const left = total - rows.length;
  return {
    outcome,
    colour: PALETTE[outcome],
    heading: `${wording.locale.files.section[outcome]} (${wording.number(Math.max(total, rows.length))})`,
    rows,
    more: left > 0 ? wording.plural(wording.locale.files.more, left) : null,
  };
}

/** A failed file. Without `details` it is only named: the person's `include_error_details`. */
export function failedRow(wording: Wording, file: MailFile, details: boolean): FileRow {
  const row = namedRow(wording, file);
  if (!details) return row;
  const reasons: Partial<Record<string, string>> = wording.locale.reasons;
  const known = Object.hasOwn(reasons, file.error_category ?? '');
  return {
    ...row,
    reason: (known && reasons[file.error_category ?? '']) || wording.locale.reasons.unknown,
    message: file.error_message ? shortMessage(file.error_message) || null : null,
    cleanup: cleanupSentence(wording, file.correction),
  };
}

/** A file that is ready, with how much text it gave, its size and how long it took. */
export function readyRow(wording: Wording, file: MailFile): FileRow {
  const { chunks_created: chunks, file_size_bytes: bytes, processing_time_seconds: took } = file;
  const facts = [
    chunks === null ? null : wording.plural(wording.locale.files.chunks, chunks),
    bytes === null ? null : wording.size(bytes),
    took === null ? null : wording.duration(took),
  ];
  return { ...namedRow(wording, file), facts: facts.filter(Boolean).join(' · ') || null };
}

/** A file by its name alone. */
export function namedRow(wording: Wording, file: MailFile): FileRow {
  return {
    name: shortName(file.file_name) || wording.locale.files.unnamed,
    reason: null,
    facts: null,
    cleanup: null,
    message: null,
    messageLabel: wording.locale.files.message,
  };
}

/** What became of a failed file's leftovers, in one to three sentences. */
function cleanupSentence(wording: Wording, correction: FileCorrection | null): string {
  const words = wording.locale.cleanup;
  if (!correction) return words.nothing;
  const removed = STORE_NAMES.filter((store) => correction[store] === true);
  const notRemoved = STORE_NAMES.filter((store) => correction[store] === false);
  // A completed clean-up has nothing left to do: what is there was put back.
  const isBack = (store: StoreName) =>
    correction.status === 'completed' || correction.restored.includes(store);
  const left = notRemoved.filter((store) => !isBack(store));
  const sentence = (text: string, where: StoreName[]) =>
    where.length
      ? wording.fill(text, { places: wording.list(where.map((store) => words.places[store])) })
      : '';
  const back = notRemoved.filter(isBack);
  const calledOff = removed.length + back.length > 0 ? words.restCancelled : words.cancelled;
  const sentences = [
    sentence(words.removed, removed),
    sentence(words.restored, back),
    correction.status === 'cancelled' ? calledOff : sentence(open(words, correction), left),
  ];
  return sentences.filter(Boolean).join(' ') || words.nothing;
}

function open(words: Locale['cleanup'], correction: FileCorrection): string {
  if (correction.status === 'awaiting_approval') return words.approval;
  if (correction.status === 'dry_run') return words.trial;
  return correction.status === 'failed' ? words.failed : words.pending;
}
