import type { NotificationSettings, PreferenceOwner } from '../../src/contracts/preferences.ts';
import type { preferences } from './schema.ts';

export type PreferenceRow = typeof preferences.$inferSelect;

/** A preference as it is answered: the person, references to company and bot, and the six settings. */
export type PreferenceAnswer = NotificationSettings & {
  user_email: string;
  company: { id: number };
  bot: { id: number };
  id?: number;
  documentId?: string;
  createdAt?: Date;
  updatedAt?: Date;
};

/** What applies to one person, and whether it is a default because they have no row. */
export interface AppliedPreferences {
  answer: PreferenceAnswer;
  /** `answer` as it is sent: written once, however often it is asked for. */
  json: string;
  fallback: boolean;
}

/** What applies, ready to be sent. */
export function applied(answer: PreferenceAnswer, fallback: boolean): AppliedPreferences {
  return { answer, json: JSON.stringify(answer), fallback };
}

/** A person as one key: `company:bot:e-mail`. */
export function ownerKey(owner: PreferenceOwner): string {
  return `${owner.company_id}:${owner.bot_id}:${owner.user_email}`;
}

/** A stored row as it is answered. */
export function present({ company_id, bot_id, ...row }: PreferenceRow): PreferenceAnswer {
  return { ...row, company: { id: company_id }, bot: { id: bot_id } };
}

/** Settings that apply to somebody who has no row. */
export function presentDefaults(
  owner: PreferenceOwner,
  settings: NotificationSettings,
): PreferenceAnswer {
  return {
    user_email: owner.user_email,
    company: { id: owner.company_id },
    bot: { id: owner.bot_id },
    ...settings,
  };
}

/** Whose row it is. */
export function ownerOf(row: PreferenceRow): PreferenceOwner {
  return { company_id: row.company_id, bot_id: row.bot_id, user_email: row.user_email };
}
