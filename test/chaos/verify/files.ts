import type { Producer } from '../producer.ts';
import { type ChaosFile, STORES, type Store } from '../stories.ts';
import type { World } from '../world.ts';

interface FileRow {
  file_document_id: string;
  stage: string;
  status: string;
  deleted: boolean;
  /** What the file's newest line says, and whether that line's batch is closed. */
  reported: string | null;
  closed: boolean | null;
}

/** Every file stands where its newest event says, and was reported as that. */
export async function checkStates({ sql }: World, files: ChaosFile[]): Promise<string[]> {
  const rows = await sql<FileRow[]>`
    select s.file_document_id, s.processing_stage as stage, s.status, s.deleted_at is not null as deleted,
      f.processing_status as reported, b.closed_by is not null as closed
    from file_processing_status s
    left join batch_files f on f.id = s.batch_file_id
    left join batch_processing_sessions b on b.batch_id = f.batch_id`;
  const found = new Map(rows.map((row) => [row.file_document_id, row]));
  return files.flatMap(({ document, story, final }) => {
    const row = found.get(document);
    const expected = JSON.stringify(final);
    if (!row) return [`${document} (${story}) is not known; it should be ${expected}`];
    const right = final.deleted
      ? row.deleted
      : row.stage === final.stage &&
        row.status === final.status &&
        !row.deleted &&
        row.reported === final.status &&
        row.closed;
    return right ? [] : [`${document} (${story}) should be ${expected}: ${JSON.stringify(row)}`];
  });
}

interface CorrectionRow {
  file_document_id: string;
  status: string;
  conflict: boolean;
  cancel_reason: string | null;
  completed_at: Date | null;
  execution_log: { at: string; action: string; result: string; detail: string }[];
}

export interface StoreFigures {
  emptied: number;
  kept: number;
  /** Files that a correction was removing while they were ingested again; operators were told. */
  conflicts: number;
  /** Files whose success was told of only after a correction had ended, as its request had failed. */
  toldLate: number;
}

/** Nothing that succeeded was removed, and nothing remains of what had to go. */
export async function checkStores(
  { sql, leftovers }: World,
  files: ChaosFile[],
  { accepted }: Producer,
  figures: StoreFigures,
): Promise<string[]> {
  const held = await leftovers.held();
  const tasks = await sql<CorrectionRow[]>`
    select file_document_id, status, conflict, cancel_reason, completed_at, execution_log
    from auto_correction_tasks order by id`;
  const problems: string[] = [];
  for (const file of files.filter(({ stored }) => stored)) {
    const its = tasks.filter((task) => task.file_document_id === file.document);
    const there = STORES.filter((store) => held[store].has(file.document));
    const missing = expectedIn(file).filter((store) => !there.includes(store));
    const remaining = file.emptied.filter((store) => there.includes(store));
    figures.emptied += file.emptied.length;
    figures.kept += there.length;
    const told = its.some((task) => task.conflict);
    if (missing.length > 0 && told) figures.conflicts += 1;
    else if (missing.length > 0 && its.some((task) => endedBefore(task, file, accepted)))
      figures.toldLate += 1;
    else if (missing.length > 0)
      problems.push(`${name(file)} lost what it has in ${missing}${tell(its)}`);
    if (remaining.length > 0) problems.push(`${name(file)} still has ${remaining}${tell(its)}`);
  }
  return problems;
}

/** A correction that had ended when the success was accepted could not know of it. */
function endedBefore(
  { status, completed_at }: CorrectionRow,
  { deliveries }: ChaosFile,
  accepted: Producer['accepted'],
): boolean {
  const success = deliveries
    .flatMap(({ events }) => events)
    .find((event) => event.status === 'success' && event.processing_stage === 'completed');
  const told = success && accepted.get(success.event_id);
  if (told === undefined || status !== 'completed' || !completed_at) return false;
  return told > completed_at.getTime();
}

const expectedIn = ({ emptied }: ChaosFile): Store[] =>
  STORES.filter((store) => !emptied.includes(store));

const name = ({ document, story }: ChaosFile) => `${document} (${story})`;

const tell = (tasks: CorrectionRow[]) =>
  tasks.length === 0
    ? '; it has no correction'
    : tasks.map((task) => `\n  ${JSON.stringify(task)}`).join('');
