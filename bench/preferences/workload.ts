import { BUILT_IN_SETTINGS, type NotificationSettings } from '../../src/contracts/preferences.ts';
import type { Random } from '../../test/chaos/random.ts';

/** Who hands in files, how they want to be told, and when which file is done. Made from a seed. */

export interface Person {
  company_id: number;
  bot_id: number;
  user_email: string;
  /** Their own row in the CMS; people without one get the built-in settings. */
  own: Pick<
    NotificationSettings,
    'notification_delay_minutes' | 'batch_size_threshold' | 'email_format'
  > | null;
}

export interface Workload {
  people: Person[];
  /** By minute: requests, each the events of one. */
  requests: object[][][];
  /** By minute: people who change their row, and to what. */
  changes: { person: Person; settings: Partial<NotificationSettings> }[][];
}

/**
 * People hand in folders, and a request carries what was done in a minute or in ten seconds; or, the
 * worst case, every file comes at a moment of its own, in a request of its own.
 */
export type Arrival = 'by the minute' | 'every ten seconds' | 'scattered';

const REQUESTS_A_MINUTE = { 'by the minute': 1, 'every ten seconds': 6, scattered: 0 };
const OWN_ROWS = 0.7;

/** What applies to a person as long as they change nothing. */
export const settingsOf = ({ own }: Person): NotificationSettings => ({
  ...BUILT_IN_SETTINGS,
  ...own,
});

/** @returns people of ten companies */
export function makePeople(count: number, random: Random): Person[] {
  return Array.from({ length: count }, (_, nth) => ({
    company_id: 1 + (nth % 10),
    bot_id: 1,
    user_email: `person-${nth}@example.com`,
    own: random.chance(OWN_ROWS)
      ? {
          notification_delay_minutes: random.pick([5, 10, 30, 60]),
          batch_size_threshold: random.pick([3, 5, 10, 20]),
          email_format: random.pick(['html', 'text'] as const),
        }
      : null,
  }));
}

/** @returns the same folders however they arrive, from the same `random` */
export function makeWorkload(
  people: Person[],
  { events, minutes, changes, arrival }: WorkloadSize,
  random: Random,
): Workload {
  const requests: object[][][] = Array.from({ length: minutes }, () => []);
  const perMinute = REQUESTS_A_MINUTE[arrival];
  const slots: object[][][] = requests.map(() => Array.from({ length: perMinute }, () => []));
  for (let made = 0; made < events; ) {
    const person = random.pick(people);
    if (arrival === 'scattered') {
      random.pick(requests).push([fileEvent(person, made++)]);
      continue;
    }
    const files = Math.min(random.whole(2, 12), events - made);
    let second = random.whole(0, minutes * 60 - 1);
    for (let file = 0; file < files; file += 1) {
      const at = Math.min(second, minutes * 60 - 1);
      slots[Math.floor(at / 60)]![Math.floor((at % 60) / (60 / perMinute))]!.push(
        fileEvent(person, made++),
      );
      second += random.whole(5, 90);
    }
  }
  slots.forEach((minute, nth) => {
    requests[nth]!.push(...minute.filter((request) => request.length > 0));
  });
  const changed: Workload['changes'] = requests.map(() => []);
  const withRow = people.filter(({ own }) => own);
  for (let nth = 0; nth < changes; nth += 1)
    random.pick(changed).push({
      person: random.pick(withRow),
      settings: { notification_delay_minutes: random.pick([5, 10, 30, 60]) },
    });
  return { people, requests, changes: changed };
}

export interface WorkloadSize {
  events: number;
  minutes: number;
  changes: number;
  arrival: Arrival;
}

function fileEvent({ company_id, bot_id, user_email }: Person, nth: number): object {
  return {
    event_id: `event-${nth}`,
    action: 'create',
    file_document_id: `document-${nth}`,
    file_name: `document-${nth}.pdf`,
    company_id,
    bot_id,
    user_email,
    processing_stage: 'completed',
    status: 'success',
  };
}
