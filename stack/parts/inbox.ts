import { readFile } from 'node:fs/promises';
import { listening } from '../inbox/listening.ts';
import { freePort } from '../ports.ts';
import { type Child, typescriptEntry } from '../processes/child.ts';
import { untilReady } from '../processes/ready.ts';
import type { PartContext, Started } from './part.ts';

/** Two stacks that start at once may draw the same ports; more often than this it is no accident. */
const DRAWS = 5;

/** The SMTP inbox in a process of its own, with the sender and operator addresses to go with it. */
export async function startInboxPart(context: PartContext): Promise<Started> {
  const { smtpPort, url } = await startOnFreePorts(context, DRAWS);
  return {
    env: {
      SMTP_SERVER: '127.0.0.1',
      SMTP_PORT: String(smtpPort),
      SMTP_SECURE: 'none',
      SMTP_USER: '',
      SMTP_PASSWORD: '',
      OPERATOR_EMAIL: context.env.OPERATOR_EMAIL || 'operators@tidings.example',
      INBOX_URL: url,
    },
    urls: { inbox: url },
  };
}

/** @param draws how many pairs of ports are tried, as long as others take them in between */
async function startOnFreePorts(context: PartContext, draws: number) {
  const smtpPort = await freePort();
  const httpPort = await freePort(context.usualPorts ? 8025 : undefined);
  const inbox = { smtpPort, url: `http://127.0.0.1:${httpPort}` };
  const child = await context.run({
    name: 'inbox',
    ...typescriptEntry(new URL('../inbox/main.ts', import.meta.url)),
    env: { INBOX_SMTP_PORT: String(smtpPort), INBOX_HTTP_PORT: String(httpPort) },
  });
  try {
    // Its own word: whoever answers on the port may be somebody else's inbox.
    await untilReady(child, async () => (await logOf(child)).includes(listening(inbox)));
  } catch (error) {
    if (draws <= 1 || !(await logOf(child)).includes('EADDRINUSE')) throw error;
    return startOnFreePorts(context, draws - 1);
  }
  return inbox;
}

const logOf = ({ logFile }: Child) => readFile(logFile, 'utf8');
