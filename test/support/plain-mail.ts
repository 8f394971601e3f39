import type { OutgoingMail } from '../../src/mail/message.ts';

/** A mail where it does not matter which. */
export const PLAIN_MAIL: OutgoingMail = {
  messageId: '<tidings.1@example.com>',
  from: 'tidings@example.com',
  to: 'nadia@example.org',
  subject: 'Your files',
  text: 'Three files are ready.',
  html: null,
};
