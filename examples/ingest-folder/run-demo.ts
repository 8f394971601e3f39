import type { PreferenceOwner } from '../../src/contracts/preferences.ts';
import { openCms } from './cms.ts';
import { ingestFolder } from './ingest-folder.ts';
import type { ListedFile } from './list-files.ts';
import type { Narrator } from './narrator.ts';
import { openObjectStore } from './object-store.ts';
import { waitForOutcome } from './outcome.ts';
import { readBack } from './read-back.ts';
import type { Running } from './start-everything.ts';
import { type Summary, summarize } from './summary.ts';
import { ingestionTeller } from './tell-ingestion.ts';
import { readAudit } from './tidings.ts';
import { openVectorStore } from './vector-store.ts';

const ADA: PreferenceOwner = { company_id: 1, bot_id: 1, user_email: 'ada@example.com' };
/** The most files a person can ask to be told of at once. */
const LARGEST_THRESHOLD = 100;

/** What a run is about. */
export interface Run {
  /** Sets this run's document ids apart. */
  id: string;
  folder: string;
  files: ListedFile[];
  /** Start of the whole demo, as `performance.now` tells it. */
  began: number;
}

/** The story from Ada's preferences to the verdict, once everything is running. */
export async function runDemo(
  run: Run,
  { env, urls }: Running,
  narrator: Narrator,
): Promise<Summary> {
  const keyOf = (name: string) => env[name]?.split(',')[0]?.trim();
  const tidings = { name: 'Tidings', baseUrl: urls.api ?? '' };
  const producer = { ...tidings, token: keyOf('INGESTION_SERVICE_API_KEY') };
  const admin = { ...tidings, token: keyOf('ADMIN_API_KEY') };
  const inbox = { name: 'the inbox', baseUrl: env.INBOX_URL ?? '' };
  const stores = {
    cms: openCms(env),
    objects: openObjectStore(env),
    vectors: await openVectorStore(env),
  };
  const since = new Date().toISOString();
  const before = await readAudit(admin);

  const threshold = Math.min(run.files.length, LARGEST_THRESHOLD);
  await stores.cms.prefer(ADA, { notification_enabled: true, batch_size_threshold: threshold });
  narrator.line(`Ada wants one mail whenever ${threshold} of her files are done.`);

  narrator.chapter(`Ingesting ${run.files.length} files from ${run.folder}`);
  const ingestion = { owner: ADA, run: run.id, tidings: producer, ...stores };
  const files = await ingestFolder(
    run.files,
    ingestion,
    ingestionTeller(run.files.length, narrator),
  );

  narrator.chapter('Waiting for Tidings');
  const watch = { tidings: admin, inbox, owner: ADA, since, before, files };
  const { outcome, missing } = await waitForOutcome(watch, (what) => narrator.line(what));
  if (missing) narrator.mark(false, `given up, because nothing moved for a minute; ${missing}`);
  else narrator.line('nothing is missing');

  const stored = await readBack(files, stores);
  stores.objects.close();
  return summarize(
    { ...outcome, files, stored },
    run.folder,
    (performance.now() - run.began) / 1000,
  );
}
