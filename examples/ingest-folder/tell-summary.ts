import type { Narrator } from './narrator.ts';
import type { CorrectedFile, Summary } from './summary.ts';

/** Tells the end of the story to a person. */

/** Longer lists are cut; `--json` has all of it. */
const LISTED = 30;

/** Why a batch closed, in words. */
const REASONS: Record<string, string> = {
  threshold: 'enough files were done',
  due: 'its time was up',
  manual: 'the ingester had no more files',
  max_age: 'it had waited too long',
};

export function tellSummary(summary: Summary, narrator: Narrator): void {
  const { events, batches, mails, corrections, expectations } = summary;
  narrator.chapter('What Tidings did');
  narrator.line(
    `events    ${events.accepted} accepted, ${events.applied} applied, ${events.reported} reported`,
  );
  for (const batch of listed(batches, narrator)) {
    const why = REASONS[batch.closed_by ?? ''] ?? 'still open';
    narrator.line(
      `batch     ${counted(batch.files, 'file')}, ${batch.succeeded} ready and ${batch.failed} failed; closed because ${why} (${batch.closed_by ?? '-'})`,
    );
  }
  for (const mail of listed(mails, narrator))
    narrator.line(`mail      to ${mail.to}: ${mail.subject}`);

  if (corrections.length > 0) {
    narrator.chapter('What became of the leftovers of failed files');
    for (const correction of listed(corrections, narrator)) tellCorrection(correction, narrator);
  }
  narrator.chapter('Was it all as promised?');
  for (const { name, held, seen } of expectations)
    narrator.mark(held, `${name} ${narrator.soft(`(${seen})`)}`);
  const missed = expectations.filter((expectation) => !expectation.held).length;
  const verdict =
    missed === 0 ? 'Every expectation held' : `${counted(missed, 'expectation')} did not hold`;
  narrator.chapter(`${verdict}, after ${summary.seconds} s.`);
}

function tellCorrection(correction: CorrectedFile, narrator: Narrator): void {
  const { file, category, status, left_behind: left, read_back: now, to_clear } = correction;
  const stores = (has: { object: boolean; chunks: number; record: boolean }) =>
    [
      has.object && 'object',
      has.chunks > 0 && counted(has.chunks, 'chunk'),
      has.record && 'CMS record',
    ]
      .filter(Boolean)
      .join(', ') || 'nothing';
  narrator.mark(
    status === 'completed',
    `${file} ${narrator.soft(`${category}: clears ${to_clear.join(', ')}`)}`,
  );
  narrator.line(`    left behind: ${stores(left)}; read back now: ${stores(now)}`);
}

function* listed<Item>(items: Item[], narrator: Narrator): Generator<Item> {
  yield* items.slice(0, LISTED);
  if (items.length > LISTED) narrator.line(`and ${items.length - LISTED} more, see --json`);
}

export const counted = (count: number, thing: string): string =>
  `${count} ${thing}${count === 1 ? '' : 's'}`;
