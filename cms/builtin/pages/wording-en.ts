import type { Wording } from './wording.ts';

const FLAG_ERROR = 'Choose yes or no';

export const english: Wording = {
  language: 'en',
  title: 'E-mails about your files',
  numbered: { company: (id) => `Company ${id}`, bot: (id) => `Bot ${id}` },
  notSetYet: 'You have not changed anything yet. This is what applies to you until you do.',
  saved: {
    title: 'Your settings are saved',
    text: 'They apply at once, also to the files you are waiting to hear about.',
  },
  save: 'Save settings',
  leave: 'Leave this page',
  left: {
    title: 'You have left the page',
    text: 'Open your link again to come back.',
  },
  errors: 'Some settings could not be taken',
  errorPrefix: 'Error',
  groups: { when: 'When we write', what: 'What we write', language: 'Language and time' },
  fields: {
    notification_enabled: { label: 'Send me e-mails about my files', error: FLAG_ERROR },
    notification_delay_minutes: {
      label: 'Minutes to wait at most',
      hint: 'Files that are done within this time come in one e-mail. 1 to 1440.',
      error: 'Minutes to wait must be a whole number from 1 to 1440',
    },
    batch_size_threshold: {
      label: 'Files that are enough to write sooner',
      hint: 'As soon as so many are done, we do not wait any longer. 1 to 100.',
      error: 'Number of files must be a whole number from 1 to 100',
    },
    email_format: { label: 'Format', error: 'Choose one of the formats' },
    include_success_details: {
      label: 'List the files that succeeded',
      hint: 'Otherwise they are only counted.',
      error: FLAG_ERROR,
    },
    include_error_details: {
      label: 'Say why files failed',
      hint: 'Otherwise they are only named.',
      error: FLAG_ERROR,
    },
    locale: {
      label: 'Language of the e-mails',
      hint: 'English (en) or German (de); anything else is written in English.',
      error: 'Language must be a language tag, such as en or de-AT, or empty',
    },
    timezone: {
      label: 'Time zone',
      hint: 'Such as Europe/Berlin. Leave it empty for UTC.',
      error: 'Time zone must be one of the list, such as Europe/Berlin, or empty',
    },
  },
  formats: { html: 'With layout (HTML)', text: 'Plain text' },
  link: {
    none: {
      title: 'Please open your link',
      text: 'Open this page with your personal link; it stays open for an hour. Open the link again, or ask for a new one where you got it.',
    },
    forged: {
      title: 'This link does not work',
      text: 'Perhaps it was cut off. Copy all of it, or ask for a new one where you got it.',
    },
    expired: {
      title: 'This link has expired',
      text: 'Ask for a new one where you got it.',
    },
  },
  staleForm: {
    title: 'Nothing was saved',
    text: 'The page was open for too long, or did not come from here. Open your link again and save once more.',
  },
  failed: {
    title: 'That did not work',
    text: 'Your settings could not be read or saved. Please try again in a minute.',
  },
};
