import { z } from 'zod';
import {
  type NotificationSettings,
  type PreferenceInput,
  type PreferenceOwner,
  preferenceRecord,
} from '../contracts/preferences.ts';
import { ask, fitting, type HttpService, type Question } from './http.ts';
import { StoreError } from './store-error.ts';

const PREFERENCES = '/api/user-notification-preferences';
const OFF = { notification_enabled: false };
/** A row that appears or goes while it is being changed is met once or twice, not more. */
const TRIES = 3;

const listAnswer = z.object({ data: z.array(preferenceRecord) });

/**
 * Turns a person's notifications for one bot off: changes their row, or makes one that keeps whatever
 * else applied to them. Read back to prove it.
 * @param applied asks what applies to the person now
 * @throws StoreError when the CMS gives no usable answer, or still has the notifications on
 */
export async function turnOff(
  cms: HttpService,
  applied: () => Promise<NotificationSettings>,
  owner: PreferenceOwner,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = await ownRow(cms, owner);
    const done = row
      ? await switchRowOff(cms, row)
      : await createRowOff(cms, owner, await applied());
    if (done) break;
  }
  if (!(await applied()).notification_enabled) return;
  throw new StoreError({
    store: 'cms',
    operation: 'turn notifications off',
    code: 'still on',
    configuration: false,
    advice: 'see whether something in the CMS turns them on again',
  });
}

/** @returns the row's id for its address, or undefined where the person has none */
async function ownRow(cms: HttpService, owner: PreferenceOwner) {
  const query = new URLSearchParams({
    company_id: String(owner.company_id),
    bot_id: String(owner.bot_id),
    user_email: owner.user_email,
  });
  const question: Question = { operation: 'find preferences', path: `${PREFERENCES}?${query}` };
  const answer = await ask(cms, question);
  if (answer.absent) return undefined;
  const { data } = fitting(listAnswer, answer.body, cms, question);
  // A CMS that overlooks a filter answers other people's rows as well.
  const row = data.find(
    ({ user_email, company, bot }) =>
      user_email === owner.user_email &&
      (!company || company.id === owner.company_id) &&
      (!bot || bot.id === owner.bot_id),
  );
  return row?.documentId ?? row?.id?.toString();
}

/** @returns false where the row has gone meanwhile */
async function switchRowOff(cms: HttpService, id: string): Promise<boolean> {
  const path = `${PREFERENCES}/${encodeURIComponent(id)}`;
  const operation = 'change preferences';
  const answer = await ask(cms, { operation, method: 'PUT', path, body: { data: OFF } });
  return !answer.absent;
}

/** @returns false where somebody else has made the row meanwhile */
async function createRowOff(
  cms: HttpService,
  { company_id, bot_id, user_email }: PreferenceOwner,
  settings: NotificationSettings,
): Promise<boolean> {
  const data: PreferenceInput = {
    ...settings,
    ...OFF,
    company: company_id,
    bot: bot_id,
    user_email,
  };
  const operation = 'create preferences';
  try {
    await ask(cms, { operation, method: 'POST', path: PREFERENCES, body: { data } });
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === 409) return false;
    throw error;
  }
}
