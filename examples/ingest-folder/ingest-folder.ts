import { inParallel } from './in-parallel.ts';
import { type IngestedFile, type Ingestion, ingestFile } from './ingest-file.ts';
import type { ListedFile } from './list-files.ts';

/** Files under way at the same time. */
const CONCURRENCY = 4;

/**
 * Ingests files, a few at a time.
 * @param onFile called as each one is done
 * @throws ServiceError when Tidings cannot be told about a file
 */
export function ingestFolder(
  files: ListedFile[],
  ingestion: Ingestion,
  onFile: (file: IngestedFile, done: number) => void,
): Promise<IngestedFile[]> {
  let done = 0;
  return inParallel(files, CONCURRENCY, async (file) => {
    const result = await ingestFile(file, ingestion);
    done += 1;
    onFile(result, done);
    return result;
  });
}
