import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Inbox, startInbox } from '../inbox.ts';
import { createGroup } from '../processes/group.ts';
import { startInboxPart } from './inbox.ts';
import type { PartContext } from './part.ts';

test('takes no stranger’s inbox for its own, but draws other ports', {
  timeout: 60_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  for (const folder of ['logs', 'run']) await mkdir(join(dataDir, folder));
  const group = createGroup(dataDir);
  const strangers: Inbox[] = [];
  const context: PartContext = {
    dataDir,
    env: {},
    keys: {} as PartContext['keys'],
    usualPorts: false,
    log: () => undefined,
    // Another stack is faster, once with the SMTP port and once with the page's.
    run: async (spec) => {
      const { INBOX_SMTP_PORT, INBOX_HTTP_PORT } = spec.env ?? {};
      const taken = [{ smtpPort: Number(INBOX_SMTP_PORT) }, {}][strangers.length];
      if (taken) strangers.push(await startInbox({ ...taken, httpPort: Number(INBOX_HTTP_PORT) }));
      return group.run(spec);
    },
  };
  try {
    const { env } = await startInboxPart(context);
    expect(strangers).toHaveLength(2);
    expect(strangers.map(({ url }) => url)).not.toContain(env.INBOX_URL);
    expect((await fetch(`${env.INBOX_URL}/api/messages`)).status).toBe(200);
    // The ones that found their ports taken are no deaths of a part.
    const died = await Promise.race([group.died(), new Promise((later) => setImmediate(later))]);
    expect(died).toBeUndefined();
  } finally {
    await group.stop();
    for (const stranger of strangers) await stranger.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});
