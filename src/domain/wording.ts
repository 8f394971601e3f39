import type { NotificationSettings } from '../contracts/preferences.ts';

/** The settings that decide how a mail reads, as opposed to when it is sent. */
const WORDING = [
  'email_format',
  'include_success_details',
  'include_error_details',
  'locale',
  'timezone',
] as const satisfies (keyof NotificationSettings)[];

/** Whether mails by either settings read the same; not given is as good as null. */
export function readAlike(one: NotificationSettings, other: NotificationSettings): boolean {
  return WORDING.every((name) => (one[name] ?? null) === (other[name] ?? null));
}

/** The settings a batch was closed with, worded as is wanted now. */
export function reworded(
  closedWith: NotificationSettings,
  wanted: NotificationSettings,
): NotificationSettings {
  const wording = Object.fromEntries(WORDING.map((name) => [name, wanted[name] ?? null]));
  return { ...closedWith, ...wording };
}
