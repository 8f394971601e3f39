import type { FileEvent, FileStatus, ProcessingStage } from '../../src/contracts/file-events.ts';
import type { Random } from './random.ts';

/** The files of the run: what happens to each, when it is told, and what must hold in the end. */

export const STORES = ['s3', 'chroma', 'cms'] as const;
export type Store = (typeof STORES)[number];

type Told = FileEvent & { event_id: string; occurred_at: string };

export interface ChaosFile {
  story: keyof typeof STORIES;
  document: string;
  storageKey: string;
  /** Whether the three stores hold something of it from the start. */
  stored: boolean;
  /** Events that go together in one request, and when. */
  deliveries: { at: number; events: Told[] }[];
  /** Told one after the other; the file is stored anew once the first has been accepted. */
  recovery: { at: number; announce: Told; complete: Told } | null;
  /** Where the file stands when everything has been told. */
  final: { stage: string; status: FileStatus; deleted: boolean };
  /** Stores that must hold nothing of the file in the end; of the others nothing may be missing. */
  emptied: readonly Store[];
}

type Step = [ProcessingStage, FileStatus];
const FETCHED: Step = ['download', 'success'];
const WORKING: Step = ['processing', 'processing'];
const READY: Step = ['completed', 'success'];
const FAILED: Step = ['failed', 'failed'];

/** Each story: its steps in the order they happen, and in how many of a hundred files it is told. */
const STORIES = {
  ready: { steps: [FETCHED, WORKING, READY], of100: 34 },
  shuffled: { steps: [FETCHED, WORKING, READY], of100: 12 },
  failed: { steps: [FETCHED, FAILED], of100: 18 },
  'failed, told backwards': { steps: [FETCHED, WORKING, FAILED], of100: 6 },
  'failed and mended in one request': { steps: [FETCHED, FAILED, READY], of100: 6 },
  'success overtakes failure': { steps: [FAILED, READY], of100: 8 },
  recovered: { steps: [FETCHED, FAILED, WORKING, READY], of100: 6 },
  unfinished: { steps: [FETCHED, WORKING], of100: 5 },
  deleted: { steps: [FETCHED, READY], of100: 5 },
} as const satisfies Record<string, { steps: Step[]; of100: number }>;

/** What a failure of the category may have left behind, as in src/domain/corrections.ts. */
const LEFTOVERS: Record<string, readonly Store[]> = {
  file_not_found: ['cms'],
  s3_error: ['s3', 'cms'],
  processing_error: STORES,
  storage_error: ['chroma'],
  'never heard of': STORES,
};

const STORED_PART = 0.3;
const DUPLICATED_PART = 0.15;

/**
 * @param users people the files are spread over, each in one of three companies and six bots
 * @param durationMs when the last event is told at the latest, in milliseconds after the start
 * @param epoch when the first file's first event occurred
 */
export function planFiles(
  random: Random,
  users: number,
  durationMs: number,
  epoch: number,
): ChaosFile[] {
  return Array.from({ length: users }, (_, user) =>
    Array.from({ length: random.whole(1, 7) }, (_, nth) =>
      tellStory(random, user, nth, durationMs, epoch),
    ),
  ).flat();
}

function tellStory(
  random: Random,
  user: number,
  nth: number,
  durationMs: number,
  epoch: number,
): ChaosFile {
  const story = drawStory(random);
  const document = `file-${user}-${nth}`;
  const storageKey = `chaos/${document}.pdf`;
  const stored = story === 'recovered' || random.chance(STORED_PART);
  const category = random.pick(Object.keys(LEFTOVERS));
  const tellsKey = random.chance(0.5);
  const common = {
    file_document_id: document,
    file_name: `${document}.pdf`,
    company_id: 1 + (user % 3),
    bot_id: 1 + (user % 6),
    user_email: `user-${user}@chaos.example`,
    ...(tellsKey && { storage_key: storageKey }),
  };
  const occurred = (step: number) => new Date(epoch + user * 1000 + step * 60_000).toISOString();
  const events = STORIES[story].steps.map(
    ([processing_stage, status], step): Told => ({
      ...common,
      action: step === 0 ? 'create' : 'update',
      event_id: `${document}-${step}`,
      occurred_at: occurred(step),
      processing_stage,
      status,
      ...(status === 'failed' && { error: { category, message: 'it would not be read' } }),
    }),
  );
  const { file_name: _, ...who } = common;
  if (story === 'deleted')
    events.push({
      ...who,
      action: 'delete',
      event_id: `${document}-delete`,
      occurred_at: occurred(9),
    });

  const start = random.whole(0, Math.round(durationMs * 0.7));
  const pace = Math.round(random.next() * durationMs * 0.08);
  const recovery =
    story === 'recovered'
      ? { at: start + 3 * pace, announce: events[2]!, complete: events[3]! }
      : null;
  const told = recovery ? events.slice(0, 2) : events;
  const deliveries = arrange(random, story, told).map((group, step) => ({
    at: start + step * pace,
    events: group,
  }));
  for (const event of told)
    if (random.chance(DUPLICATED_PART))
      deliveries.push({ at: random.whole(start, durationMs), events: [event] });

  const [stage, status] = STORIES[story].steps.at(-1)!;
  return {
    story,
    document,
    storageKey,
    stored,
    deliveries,
    recovery,
    final: { stage, status, deleted: story === 'deleted' },
    emptied: status === 'failed' ? LEFTOVERS[category]! : [],
  };
}

function arrange(random: Random, story: ChaosFile['story'], events: Told[]): Told[][] {
  const single = events.map((event) => [event]);
  if (story === 'shuffled') return random.shuffled(single);
  if (story === 'failed, told backwards' || story === 'success overtakes failure')
    return single.reverse();
  if (story === 'failed and mended in one request')
    return [[events[0]!], random.shuffled(events.slice(1))];
  return single;
}

function drawStory(random: Random): ChaosFile['story'] {
  let left = random.whole(1, 100);
  for (const [story, { of100 }] of Object.entries(STORIES)) {
    left -= of100;
    if (left <= 0) return story as ChaosFile['story'];
  }
  return 'ready';
}

export interface PlannedRequest {
  /** Milliseconds after the start. */
  at: number;
  events: Told[];
  /** The client does not wait for the first answer longer than this, in milliseconds. */
  givesUpAfter: number | null;
}

/** Cuts everything that is told, in the order of time, into requests of 1 to 200 events. */
export function planRequests(
  random: Random,
  files: ChaosFile[],
  durationMs: number,
): PlannedRequest[] {
  const groups = files.flatMap((file) => file.deliveries).sort((a, b) => a.at - b.at);
  const requests: PlannedRequest[] = [];
  for (let next = 0; next < groups.length; ) {
    const size = random.chance(0.75) ? random.whole(1, 12) : random.whole(13, 200);
    const request: PlannedRequest = {
      at: groups[next]!.at,
      events: [],
      givesUpAfter: random.chance(0.06) ? random.whole(1, 30) : null,
    };
    while (
      next < groups.length &&
      request.events.length + groups[next]!.events.length <= size + 2
    ) {
      const group = groups[next]!;
      // A large request gathers what is told within a second, like a producer that buffers.
      if (request.events.length > 0 && group.at > request.at + 1000) break;
      if (request.events.length + group.events.length > 200) break;
      request.events.push(...group.events);
      next += 1;
    }
    request.at = Math.min(durationMs, groups[next - 1]!.at);
    requests.push(request);
  }
  return requests;
}
