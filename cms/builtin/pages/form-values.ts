import type { NotificationSettings } from '../../../src/contracts/preferences.ts';
import type { SettingName } from './wording.ts';

/** What a form holds: texts as they were typed, and the boxes that are ticked. */
export type FormValues = Record<string, string>;

const FLAGS = [
  'notification_enabled',
  'include_success_details',
  'include_error_details',
] as const satisfies SettingName[];
const NUMBERS = [
  'notification_delay_minutes',
  'batch_size_threshold',
] as const satisfies SettingName[];
const OPTIONAL_TEXTS = ['locale', 'timezone'] as const satisfies SettingName[];

const TICKED = 'on';

/** A form's fields as they were sent. One that came twice counts as empty. */
export function formValues(body: unknown): FormValues {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, typeof value === 'string' ? value : '']),
  );
}

/** What the form shows of settings somebody has. */
export function valuesOf(settings: NotificationSettings): FormValues {
  return {
    ...Object.fromEntries(FLAGS.map((name) => [name, settings[name] ? TICKED : ''])),
    ...Object.fromEntries(NUMBERS.map((name) => [name, String(settings[name])])),
    ...Object.fromEntries(OPTIONAL_TEXTS.map((name) => [name, settings[name] ?? ''])),
    email_format: settings.email_format,
  };
}

/**
 * The settings of a form, in the shape the API takes. What was typed is only converted, never judged:
 * the same schema as everywhere else does that.
 */
export function settingsData(values: FormValues): Record<string, unknown> {
  const typed = (name: string) => (values[name] ?? '').trim();
  return {
    ...Object.fromEntries(FLAGS.map((name) => [name, Boolean(values[name])])),
    ...Object.fromEntries(NUMBERS.map((name) => [name, numberIn(typed(name))])),
    ...Object.fromEntries(OPTIONAL_TEXTS.map((name) => [name, typed(name) || null])),
    email_format: typed('email_format'),
  };
}

/** Whose preferences a form of the admins is about, in the shape the API takes; as typed as the settings. */
export function ownerData(values: FormValues): Record<string, unknown> {
  const { company = '', bot = '', user_email = '' } = values;
  return {
    company: numberIn(company.trim()),
    bot: numberIn(bot.trim()),
    user_email: user_email.trim(),
  };
}

/** Plain digits as a number; anything else as it is, for the schema to refuse. */
function numberIn(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}
