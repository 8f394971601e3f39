import { join } from 'node:path';
import { startApp } from '../../stack/app.ts';
import { startStack } from '../../stack/stack.ts';
import { openVectorStore } from './vector-store.ts';

/** Everything the demo needs, running. */
export interface Running {
  env: Record<string, string>;
  urls: Record<string, string>;
  /** Settles, with a sentence, when a process ends although nobody stopped it. */
  died: Promise<string>;
  stop(): Promise<void>;
}

/** Short delays, so that the story takes seconds; nothing else differs from the defaults. */
const SETTINGS = {
  AUTO_CORRECTION_DELAY_SECONDS: '1',
  SWEEP_INTERVAL_SECONDS: '1',
  AUTO_CORRECTION_MODE: 'auto',
  ENABLE_AUTO_CORRECTION: 'true',
  ENABLE_EMAIL_NOTIFICATIONS: 'true',
  // The demo's ingester is the only client, and may push as fast as it can.
  RATE_LIMIT_MAX: '0',
};

/**
 * Starts what is not configured and Tidings itself: on free ports, with data in a temporary folder
 * that is removed on stop.
 * @throws naming what could not be started and why; nothing is left running then
 */
export async function startEverything(run: string, log: (line: string) => void): Promise<Running> {
  if (process.env.SMTP_SERVER && !process.env.INBOX_URL)
    throw new Error(
      'SMTP_SERVER is set, and the demo has to read the mails it causes: unset SMTP_SERVER, or set INBOX_URL to an inbox with the same JSON API as the built-in one.',
    );
  const env = { QUEUE_PREFIX: `tidings-demo-${run}`, ...process.env, ...SETTINGS };
  const stack = await startStack({ env, fresh: true, log });
  try {
    // Tidings only ever uses the collection; creating it is up to whoever fills it.
    await openVectorStore(stack.env);
    const app = await startApp(stack.env, { log, dataDir: join(stack.dataDir, 'app') });
    return {
      env: { ...stack.env, API_URL: app.urls.api },
      urls: {
        api: app.urls.api,
        'api docs': `${app.urls.api}/docs`,
        'bull board': app.urls.board,
        ...stack.urls,
      },
      died: Promise.race([stack.died, app.died]),
      async stop() {
        await app.stop();
        await stack.stop();
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
