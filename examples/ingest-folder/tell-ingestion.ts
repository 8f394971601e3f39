import type { IngestedFile } from './ingest-file.ts';
import type { Narrator } from './narrator.ts';
import { counted } from './tell-summary.ts';

/** With more files than this, only failures get a line of their own and progress is told instead. */
const TOLD_ONE_BY_ONE = 40;
const FAILURES_TOLD = 30;

/** Tells of each file as it is done. @param total how many files there are */
export function ingestionTeller(total: number, narrator: Narrator) {
  const many = total > TOLD_ONE_BY_ONE;
  let failures = 0;
  return (file: IngestedFile, done: number): void => {
    if (file.failure) {
      failures += 1;
      if (failures <= FAILURES_TOLD)
        narrator.mark(false, `${file.name}  ${narrator.soft(file.failure.message)}`);
      if (failures === FAILURES_TOLD + 1) narrator.line('further failures are counted, not told');
    } else if (!many) {
      narrator.mark(
        true,
        `${file.name}  ${narrator.soft(`${counted(file.written.chunks, 'chunk')}, ${file.seconds.toFixed(2)} s`)}`,
      );
    }
    if (many) narrator.progress(done, total, 'files ingested');
  };
}
