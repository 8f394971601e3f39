import { startInbox } from '../inbox.ts';
import { listening } from './listening.ts';

/** Entry of the inbox as a process: INBOX_SMTP_PORT and INBOX_HTTP_PORT, any free ones if unset. */

const inbox = await startInbox({
  smtpPort: Number(process.env.INBOX_SMTP_PORT ?? 0),
  httpPort: Number(process.env.INBOX_HTTP_PORT ?? 0),
});
process.stdout.write(listening(inbox));
process.once('SIGTERM', () => inbox.close());
