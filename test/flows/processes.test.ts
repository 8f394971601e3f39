import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from '../../stack/app.ts';
import { freePort } from '../../stack/ports.ts';
import { emptyDatabase } from '../support/builtin-cms.ts';
import { runEntry } from '../support/command.ts';
import { stackEnv } from '../support/stack-env.ts';
import { documentId } from '../support/system.ts';

/** The processes as somebody who deploys them meets them: their variables and their exit codes. */

describe('bringing the schema up to date', () => {
  it('needs the database only, and may be done again', async () => {
    const { url } = await emptyDatabase();
    for (const _ of [1, 2])
      expect(await runEntry('src/db/migrate.ts', { DATABASE_URL: url })).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
  });

  it.each([
    ['is not named', {}, 'DATABASE_URL is not set'],
    ['has no address', { DATABASE_URL: '"postgres://u:secret@h/x"' }, 'DATABASE_URL must be'],
    ['is away', { DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/x' }, 'ECONNREFUSED 127.0.0.1:1'],
  ])('says in one line that the database %s', async (_what, env: Record<string, string>, says) => {
    const { code, stderr } = await runEntry('src/db/migrate.ts', env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The schema was not brought up to date: [^\n]*\n$/);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('secret');
  });
});

describe('with LISTEN_HOST', () => {
  let app: App;
  let workerHealth: string;
  beforeAll(async () => {
    const port = await freePort();
    workerHealth = `http://127.0.0.1:${port}`;
    app = await startApp({
      ...stackEnv(),
      LISTEN_HOST: '127.0.0.1',
      DATABASE_URL: (await emptyDatabase()).url,
      QUEUE_PREFIX: documentId('processes'),
      PORT: String(await freePort()),
      BULL_BOARD_PORT: String(await freePort()),
      WORKER_HEALTH_PORT: String(port),
    });
  });
  afterAll(() => app?.stop());

  it('API, dashboard and workers listen there and nowhere else', async () => {
    for (const url of [app.urls.api, app.urls.board, workerHealth]) {
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      const elsewhere = url.replace('127.0.0.1', '127.0.0.2');
      await expect(fetch(`${elsewhere}/health/live`)).rejects.toThrow('fetch failed');
    }
  });
});
