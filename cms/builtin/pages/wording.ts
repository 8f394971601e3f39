/** Everything the page for one person says, in one language. */
export interface Wording {
  language: string;
  title: string;
  /** What has no name is called by its number. */
  numbered: { company: (id: number) => string; bot: (id: number) => string };
  notSetYet: string;
  saved: { title: string; text: string };
  save: string;
  leave: string;
  left: { title: string; text: string };
  errors: string;
  /** Put before the title while something is at fault: it is what a screen reader says first. */
  errorPrefix: string;
  groups: { when: string; what: string; language: string };
  fields: Record<SettingName, FieldWording>;
  formats: { html: string; text: string };
  link: Record<'none' | 'forged' | 'expired', { title: string; text: string }>;
  staleForm: { title: string; text: string };
  failed: { title: string; text: string };
}

export interface FieldWording {
  label: string;
  hint?: string;
  /** Said where the value cannot be taken. */
  error: string;
}

/** The settings a person can change. */
export type SettingName =
  | 'notification_enabled'
  | 'notification_delay_minutes'
  | 'batch_size_threshold'
  | 'email_format'
  | 'include_success_details'
  | 'include_error_details'
  | 'locale'
  | 'timezone';
