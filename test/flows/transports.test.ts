import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type OpenOptions, openTransports } from '../../src/mail/transports/open.ts';
import type { SendOutcome, Transport } from '../../src/mail/transports/transport.ts';
import { sharedRate } from '../../src/queues/shared-rate.ts';
import type { MailApiServer } from '../support/mail-api-server.ts';
import { SENDGRID_KEY, startSendGrid } from '../support/sendgrid-server.ts';
import { SES_KEYS, startSes } from '../support/ses-server.ts';
import type { FaultySmtp } from '../support/smtp-faults.ts';
import { closeAfterEach, faulty, mail, send } from '../support/smtp-lab.ts';
import { stackEnv } from '../support/stack-env.ts';

closeAfterEach();
const opened: { close(): Promise<unknown> | unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});
function closing<Part extends { close(): Promise<unknown> | unknown }>(part: Part): Part {
  opened.push(part);
  return part;
}

let prefix = 0;
/** What is not about mail is only there to be complete. */
function configured(env: Record<string, string>) {
  return loadConfig({
    INGESTION_SERVICE_API_KEY: 'p',
    ADMIN_API_KEY: 'a',
    DATABASE_URL: 'postgres://127.0.0.1/none',
    REDIS_URL: 'redis://127.0.0.1',
    FROM_EMAIL: 'tidings@example.com',
    CMS_API_URL: 'http://127.0.0.1:1',
    CMS_API_TOKEN: 't',
    S3_BUCKET: 'b',
    CHROMA_URL: 'http://127.0.0.1:1',
    QUEUE_PREFIX: `rates-${process.pid}-${prefix}`,
    SMTP_SECURE: 'none',
    SMTP_SERVER: '127.0.0.1',
    SMTP_TIMEOUT_SECONDS: '5',
    ...env,
  });
}
function open(
  env: Record<string, string>,
  { redis, circuit }: Pick<OpenOptions, 'circuit'> & { redis?: Redis } = {},
): Transport {
  const config = configured(env);
  const rateOf: OpenOptions['rateOf'] = (label, limits) =>
    sharedRate(`${config.QUEUE_PREFIX}:mail-rate:${label}`, limits, redis);
  return closing(openTransports(config, { rateOf, circuit }));
}
const count = (results: SendOutcome[], outcome: string) =>
  results.filter((result) => result.outcome === outcome).length;

beforeEach(() => {
  prefix += 1;
});

describe('transports in order', () => {
  let [first, second]: FaultySmtp[] = [];
  let ses: MailApiServer;
  let sendGrid: MailApiServer;
  let over: Transport;
  beforeEach(async () => {
    [first, second] = [await faulty(), await faulty({ auth: { user: 'u@x', pass: 'p,:' } })];
    [ses, sendGrid] = [closing(await startSes()), closing(await startSendGrid())];
    over = open({
      ...SES_KEYS,
      EMAIL_TRANSPORTS: `smtp, smtp://u%40x:p%2C%3A@127.0.0.1:${second!.port}, ses, sendgrid`,
      SMTP_PORT: String(first!.port),
      SES_ENDPOINT: ses.url,
      SENDGRID_ENDPOINT: sendGrid.url,
      SENDGRID_API_KEY: SENDGRID_KEY,
      EMAIL_IDEMPOTENCY_HEADER: 'X-Mail-Key',
    });
  });

  it('each takes over from the one before, and all send the same Message-ID', async () => {
    const given = mail();
    const via: (string | undefined)[] = [];
    const outOfTheWay = [
      () => first!.refuse(),
      () => second!.refuse(),
      () => ses.close(),
      async () => {},
    ];
    for (const stop of outOfTheWay) {
      via.push((await send(over, given)).via);
      await stop();
    }
    expect(via).toEqual([
      `smtp 127.0.0.1:${first!.port}`,
      `smtp 127.0.0.1:${second!.port}`,
      'ses us-east-1',
      'sendgrid',
    ]);
    const raws = [first!.messages[0]?.raw, second!.messages[0]?.raw];
    for (const raw of raws) expect(raw).toMatch(new RegExp(`^X-Mail-Key: ${given.messageId}`, 'm'));
    for (const api of [ses, sendGrid])
      expect(api.requests[0]?.headers['x-mail-key']).toBe(given.messageId);
  });

  it('none takes over once a mail was handed over', async () => {
    first!.faults.next = [{ at: 'dot', drop: true }];
    expect(await send(over)).toMatchObject({ outcome: 'unknown' });
    expect([second!.messages.length, ses.requests.length]).toEqual([0, 0]);
  });
});

describe('rates', () => {
  async function twoProcesses(redis: () => Redis | undefined, limits: string) {
    const server = await faulty();
    const env = { SMTP_PORT: String(server.port), EMAIL_RATE_LIMITS: limits };
    const pair = [open(env, { redis: redis() }), open(env, { redis: redis() })];
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) => send(pair[i % 2]!, mail())),
    );
    return { server, results, pair };
  }
  const toRedis = () => {
    const redis = new Redis(stackEnv().REDIS_URL!);
    opened.push({ close: () => redis.quit() });
    return redis;
  };

  it('are kept by all processes together, and what is left over says when', async () => {
    const { server, results } = await twoProcesses(toRedis, 'smtp=100/m,5/h');
    expect(server.messages).toHaveLength(5);
    expect([count(results, 'sent'), count(results, 'unavailable')]).toEqual([5, 7]);
    for (const result of results.filter(({ outcome }) => outcome === 'unavailable'))
      expect((result as { retryAfterMs?: number }).retryAfterMs).toBeGreaterThan(3_500_000);
  });

  it('per second only slow mail down', async () => {
    const { server, results } = await twoProcesses(toRedis, 'smtp=6/s');
    expect(count(results, 'sent')).toBe(12);
    expect(server.messages).toHaveLength(12);
  });

  it('are kept by each process for itself while Redis is away', async () => {
    const away = () => {
      const redis = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false });
      redis.on('error', () => {});
      opened.push({ close: () => redis.disconnect() });
      return redis;
    };
    const { server } = await twoProcesses(away, 'smtp=3/h');
    expect(server.messages).toHaveLength(6);
  });

  it('leave nothing in Redis for longer than the window', async () => {
    await twoProcesses(toRedis, 'smtp=5/h');
    const redis = toRedis();
    const [key = ''] = await redis.keys(`rates-${process.pid}-${prefix}:*`);
    expect(await redis.pttl(key)).toBeGreaterThan(3_600_000);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(3_672_000);
  });
});

it('a server that is down is left alone, and found again', async () => {
  const server = await faulty();
  const circuit = { failuresToOpen: 2, openMs: 300 };
  const over = open({ SMTP_PORT: String(server.port), SMTP_POOL_SIZE: '1' }, { circuit });
  await server.refuse();
  expect([(await send(over)).outcome, (await send(over)).outcome]).toEqual([
    'transient',
    'transient',
  ]);
  await server.listen();
  // The mail waits for the end of the pause by itself, which is within a transport's patience.
  expect(await send(over)).toMatchObject({ outcome: 'sent' });
});
