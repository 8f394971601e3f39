/**
 * What the rules of batches, events and mails say, in as few lines as they can be said in: an
 * implementation of its own, that the real one is compared with.
 */

export const MAX_AGE_HOURS = 24;
/** Events that do not say when they happened happened now: after all that say so. */
export const NOW_BASE = 1e9;

export type Stage = 'download' | 'processing' | 'storage' | 'completed' | 'failed';
export type Status = 'pending' | 'processing' | 'success' | 'failed';

export interface Event {
  id: string;
  file: string;
  action: 'create' | 'delete';
  stage: Stage;
  status: Status;
  name: string;
  size: number | null;
  at: number;
}

export interface Settings {
  notification_enabled: boolean;
  batch_size_threshold: number;
  notification_delay_minutes: number;
  email_format: 'html' | 'text';
  include_success_details: boolean;
  include_error_details: boolean;
}

export interface Line {
  name: string;
  size: number | null;
  status: Status;
  events: string[];
  /** Hours on the clock of the history. */
  since: number;
}

export interface Batch {
  lines: Map<string, Line>;
  start: number;
  due: number;
  closeRequested: boolean;
  settings: Settings;
  from: Batch | null;
  closedBy: 'threshold' | 'due' | 'max_age' | 'manual' | null;
  mail: string;
  why: string | null;
}

interface Standing {
  at: number;
  rank: number;
  finished: boolean;
  deleted: boolean;
  line: Line | null;
}

const STAGES = ['download', 'processing', 'storage'];
const isDone = ({ stage, status }: Event) =>
  status === 'failed' || (stage === 'completed' && status === 'success');

function rank(event: Event): number {
  if (event.action === 'delete') return 100;
  if (isDone(event)) return event.status === 'success' ? 91 : 90;
  if (event.status === 'pending') return 0;
  return 10 * (1 + STAGES.indexOf(event.stage)) + (event.status === 'success' ? 1 : 0);
}

export const counts = (batch: Batch) => {
  const of = (...statuses: Status[]) =>
    [...batch.lines.values()].filter(({ status }) => statuses.includes(status)).length;
  return { ready: of('success'), failed: of('failed'), unfinished: of('pending', 'processing') };
};
const finished = (batch: Batch) => counts(batch).ready + counts(batch).failed;

/** One person at one bot. */
export class Owner {
  settings: Settings;
  open: Batch | null = null;
  closed: Batch[] = [];
  files = new Map<string, Standing>();
  deleted: string[] = [];
  superseded = new Set<string>();

  constructor(settings: Settings) {
    this.settings = settings;
  }

  private begin(now: number, from: Batch | null, settings: Settings): Batch {
    const due = now + settings.notification_delay_minutes / 60;
    return {
      ...{ lines: new Map(), start: now, due, closeRequested: false, settings, from },
      ...{ closedBy: null, mail: 'none', why: null },
    };
  }

  apply(events: Event[], now: number): void {
    const batch = this.open ?? this.begin(now, null, this.settings);
    const ordered = [...events].sort(
      (a, b) => a.at - b.at || rank(a) - rank(b) || (a.id < b.id ? -1 : 1),
    );
    for (const event of ordered) this.happens(event, batch, now);
    this.open = this.open || batch.lines.size > 0 ? batch : null;
    if (this.open && finished(batch) >= batch.settings.batch_size_threshold)
      this.close('threshold', now);
  }

  private happens(event: Event, batch: Batch, now: number): void {
    const before = this.files.get(event.file);
    const newer =
      !before || event.at > before.at || (event.at === before.at && rank(event) > before.rank);
    if (!newer) {
      this.superseded.add(event.id);
      (before.line?.events ?? this.deleted).push(event.id);
      return;
    }
    const state = { at: event.at, rank: rank(event), finished: isDone(event), deleted: false };
    const open = batch.lines.get(event.file);
    if (event.action === 'delete') {
      this.deleted.push(event.id, ...(open?.events ?? []));
      batch.lines.delete(event.file);
      this.files.set(event.file, { ...state, deleted: true, line: null });
      return;
    }
    const anew = before && (before.finished || before.deleted);
    const known = anew ? null : before?.line;
    const line = open ?? { name: '', size: null, status: 'pending', events: [], since: now };
    line.name = event.name;
    line.size = event.size ?? known?.size ?? null;
    line.status = isDone(event) || event.status === 'pending' ? event.status : 'processing';
    line.events.push(event.id);
    if (anew && event.at >= NOW_BASE) line.since = now;
    batch.lines.set(event.file, line);
    this.files.set(event.file, { ...state, line });
  }

  /** @returns whether it closed */
  tick(now: number): boolean {
    const batch = this.open!;
    if (batch.closeRequested && finished(batch) > 0) return this.close('manual', now);
    if (now < batch.due) return false;
    if (finished(batch) > 0 || batch.lines.size === 0) return this.close('due', now);
    const since = Math.min(batch.start, ...[...batch.lines.values()].map((line) => line.since));
    const lastCall = since + MAX_AGE_HOURS;
    if (now >= lastCall) return this.close('max_age', now);
    batch.due = Math.min(now + batch.settings.notification_delay_minutes / 60, lastCall);
    return false;
  }

  prefer(settings: Settings, now: number): void {
    this.settings = settings;
    const batch = this.open;
    if (!batch) return;
    batch.settings = settings;
    if (!batch.closeRequested) batch.due = batch.start + settings.notification_delay_minutes / 60;
    if (finished(batch) >= settings.batch_size_threshold) this.close('threshold', now);
  }

  private close(reason: NonNullable<Batch['closedBy']>, now: number): true {
    const batch = this.open!;
    this.open = null;
    this.closed.push(batch);
    batch.closedBy = reason;
    const moves = [...batch.lines].filter(
      ([, { status, since }]) =>
        ['pending', 'processing'].includes(status) &&
        reason !== 'max_age' &&
        now - since < MAX_AGE_HOURS,
    );
    if (moves.length > 0) {
      this.open = this.begin(now, batch, batch.settings);
      for (const [file, line] of moves) {
        batch.lines.delete(file);
        this.open.lines.set(file, line);
      }
    }
    batch.why =
      batch.lines.size === 0
        ? 'empty'
        : batch.settings.notification_enabled
          ? null
          : 'notifications_disabled';
    batch.mail = batch.why ? 'suppressed' : 'pending';
    return true;
  }
}
