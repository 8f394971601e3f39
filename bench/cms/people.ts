import { BUILT_IN_SETTINGS, MAX_BULK_USERS } from '../../src/contracts/preferences.ts';
import type { Question, Target } from './load.ts';

/** The people asked about. Four of five have preferences of their own; the others get the company's. */

const PEOPLE = 500;
const COMPANIES = 10;
const BOTS = 5;
const PREFERENCES = '/api/user-notification-preferences';

interface Person {
  company_id: number;
  bot_id: number;
  user_email: string;
}

const people: Person[] = Array.from({ length: PEOPLE }, (_, index) => ({
  company_id: 1 + (index % COMPANIES),
  bot_id: 1 + (index % BOTS),
  user_email: `person-${index}@example.com`,
}));
const withOwn = people.filter((_person, index) => index % 5 !== 0);

/** Writes companies and preferences through the contract, so that both CMSs hold the same. */
export async function fill(target: Target): Promise<void> {
  for (let id = 1; id <= COMPANIES; id += 1) {
    const defaults = { batch_size_threshold: id };
    const data = { id, name: `Company ${id}`, default_notification_settings: defaults };
    await write(target, '/api/companies', data);
  }
  for (const [index, { company_id, bot_id, user_email }] of withOwn.entries()) {
    const settings = { ...BUILT_IN_SETTINGS, notification_delay_minutes: 1 + index };
    await write(target, PREFERENCES, { company: company_id, bot: bot_id, user_email, ...settings });
  }
}

async function write({ url, token }: Target, path: string, data: object): Promise<void> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ data }),
  });
  if (response.status !== 201)
    throw new Error(`POST ${path} was answered ${response.status}: ${await response.text()}`);
}

const byUser = ({ company_id, bot_id, user_email }: Person): Question => ({
  method: 'GET',
  path: `${PREFERENCES}/by-user/${company_id}/${bot_id}/${user_email}`,
});

const bulk = (users: Person[]): Question => ({
  method: 'POST',
  path: `${PREFERENCES}/bulk-get`,
  body: JSON.stringify({ users }),
});

/** Everybody, asked for alone: what both CMSs have to answer alike. */
export const everybody: Question[] = people.map(byUser);

/** A source of questions that walks over the people, another one each time. */
function walk(question: (position: number) => Question): () => Question {
  let position = 0;
  return () => {
    position += 1;
    return question(position);
  };
}

const at = (position: number): Person => people[position % PEOPLE] as Person;
const newcomer = (position: number): Person => ({
  ...at(position),
  user_email: `newcomer-${process.hrtime.bigint()}@example.com`,
});
const crowd = (position: number, one: (position: number) => Person): Person[] =>
  Array.from({ length: MAX_BULK_USERS }, (_, index) => one(position * MAX_BULK_USERS + index));

/** What is measured. Newcomers are in nobody's cache: each is asked for once. */
export const WORKLOADS: Record<string, () => Question> = {
  'by-user': walk((position) => byUser(at(position))),
  'by-user, newcomers': walk((position) => byUser(newcomer(position))),
  'bulk-get of 100': walk((position) => bulk(crowd(position, at))),
  'bulk-get of 100 newcomers': walk((position) => bulk(crowd(position, newcomer))),
};
