import type { Inbox } from '../inbox.ts';

/** What an inbox says of itself as soon as it listens. */
export const listening = ({ smtpPort, url }: Pick<Inbox, 'smtpPort' | 'url'>): string =>
  `inbox: SMTP on port ${smtpPort}, page at ${url}\n`;
