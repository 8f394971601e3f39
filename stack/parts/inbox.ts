import { freePort } from '../ports.ts';
import { typescriptEntry } from '../processes/child.ts';
import { httpAnswers, untilReady } from '../processes/ready.ts';
import type { PartContext, Started } from './part.ts';

/** The SMTP inbox in a process of its own, with the sender and operator addresses to go with it. */
export async function startInboxPart(context: PartContext): Promise<Started> {
  const smtpPort = await freePort();
  const httpPort = await freePort(context.usualPorts ? 8025 : undefined);
  const url = `http://127.0.0.1:${httpPort}`;
  const child = await context.run({
    name: 'inbox',
    ...typescriptEntry(new URL('../inbox/main.ts', import.meta.url)),
    env: { INBOX_SMTP_PORT: String(smtpPort), INBOX_HTTP_PORT: String(httpPort) },
  });
  await untilReady(child, () => httpAnswers(`${url}/api/messages?to=nobody`));
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
