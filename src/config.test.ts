import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

const NEEDED = {
  DATABASE_URL: 'postgres://u:p@127.0.0.1/db',
  REDIS_URL: 'redis://127.0.0.1:1',
  INGESTION_SERVICE_API_KEY: 'producer',
  ADMIN_API_KEY: 'admin',
  SMTP_SERVER: '127.0.0.1',
  FROM_EMAIL: 'Tidings <tidings@example.com>',
  CMS_API_URL: 'http://127.0.0.1:2',
  CMS_API_TOKEN: 'token',
  S3_BUCKET: 'bucket',
  CHROMA_URL: 'http://127.0.0.1:3',
};

function refusal(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
}

describe('what is missing', () => {
  it('is named all at once', () => {
    const message = refusal({ NODE_ENV: 'production' });
    for (const name of Object.keys(NEEDED)) expect(message).toContain(`${name} is not set`);
  });
  it.each(Object.keys(NEEDED))('%s is named alone, and an empty one is missing', (name) => {
    const message = refusal({ ...NEEDED, [name]: '' });
    expect(message.match(/[A-Z0-9_]+ is not set/g)).toEqual([`${name} is not set`]);
  });
});

describe('what is wrong', () => {
  it.each([
    ['PORT', '80.5'],
    ['PORT', '65536'],
    ['LOG_LEVEL', 'loud'],
    ['CMS_API_URL', 'nowhere'],
    ['CMS_API_URL', 'localhost:1337'],
    ['CHROMA_URL', 'ftp://chroma'],
    ['S3_ENDPOINT', '"http://s3"'],
    ['DATABASE_URL', 'localhost/db'],
    ['DATABASE_URL', "'postgres://u:p@h/db'"],
    ['DATABASE_URL', 'postgres://u:p#w@h/db'],
    ['DATABASE_URL', 'postgres://u:100%@h/db'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', '"redis://h"'],
    ['REDIS_URL', 'redis://a:1,b:1'],
    ['ENABLE_AUTO_CORRECTION', 'perhaps'],
    ['AUTO_CORRECTION_MODE', 'always'],
    ['DEFAULT_BATCH_SIZE_THRESHOLD', '0'],
    ['DEFAULT_NOTIFICATION_DELAY_MINUTES', '1441'],
    ['MAX_CORRECTION_ATTEMPTS', 'three'],
    ['OPERATOR_EMAIL', 'nobody'],
  ])('%s = %s is named', (name, value) => {
    const message = refusal({ ...NEEDED, [name]: value });
    expect(message).toContain(`  ${name} `);
    expect(message).not.toContain('is not set');
  });

  it.each([
    ['SMTP_TIMEOUT_SECONDS', 3600],
    ['STORE_TIMEOUT_SECONDS', 3600],
    ['CMS_TIMEOUT_MS', 3_600_000],
    ['RATE_LIMIT_INTERVAL', 86_400_000],
    ['SWEEP_INTERVAL_SECONDS', 86_400],
    ['CORRECTION_RETRY_BASE_SECONDS', 86_400],
    ['EMAIL_RETRY_BASE_SECONDS', 86_400],
    ['EMAIL_RETRY_MAX_SECONDS', 2_592_000],
    ['PREFERENCES_COMPARE_SECONDS', 2_592_000],
    ['WRITE_BACK_COMPARE_SECONDS', 2_592_000],
    ['AUTO_CORRECTION_DELAY_SECONDS', 2_592_000],
    ['CORRECTION_SECOND_LOOK_SECONDS', 2_592_000],
    ['MAX_BATCH_AGE_HOURS', 8760],
    ['CORRECTION_OUTAGE_HOURS', 8760],
    ['AUDIT_STORES_INTERVAL_HOURS', 8760],
    ['AUDIT_STORES_GRACE_MINUTES', 525_600],
  ])('%s is %s at most: no timer waits longer, no date is later', (name, most) => {
    expect(loadConfig({ ...NEEDED, [name]: String(most) })).toMatchObject({ [name]: most });
    expect(refusal({ ...NEEDED, [name]: String(most + 1) })).toContain(`  ${name} `);
  });

  it('is never quoted', () => {
    const names = [...Object.keys(NEEDED), 'PORT', 'SMTP_PORT', 'OPERATOR_EMAIL', 'SMTP_PASSWORD'];
    const secret = fc.stringMatching(/^[a-z0-9]{12,40}$/).map((text) => `hunter2-${text}`);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), secret), secret, (env, value) => {
        const message = refusal({ ...env, LOG_LEVEL: value });
        expect(message).toContain('LOG_LEVEL');
        expect(message).not.toContain('hunter2');
      }),
    );
  });
});

describe('what is blank', () => {
  it.each([' ', '\t', '\n', '\r\n '])('counts as not set: %j', (blank) => {
    const names = ['CORRECTION_BRAKE_MAX_TASKS', 'RETENTION_DAYS', 'RATE_LIMIT_MAX', 'PORT'];
    const blanks = Object.fromEntries(names.map((name) => [name, blank]));
    expect(loadConfig({ ...NEEDED, ...blanks })).toEqual(loadConfig(NEEDED));
    expect(refusal({ ...NEEDED, REDIS_URL: blank })).toContain('REDIS_URL is not set');
  });
});

describe('what is given', () => {
  it('does not end in the line break of the file it came from', () => {
    const given = { CMS_API_TOKEN: 'token\r\n', SMTP_PASSWORD: ' a b \n', S3_BUCKET: 'b\n' };
    expect(loadConfig({ ...NEEDED, ...given })).toMatchObject({
      CMS_API_TOKEN: 'token',
      SMTP_PASSWORD: ' a b ',
      S3_BUCKET: 'b',
    });
  });
  it.each([
    ['DATABASE_URL', 'postgresql://u:a,b%40c@one:1,two:2/db?sslmode=require'],
    ['DATABASE_URL', 'postgres:///db?host=/run/postgresql'],
    ['REDIS_URL', 'rediss://:p%23@a:1, rediss://b:1'],
  ])('%s may be %s', (name, value) => {
    expect(loadConfig({ ...NEEDED, [name]: value })).toMatchObject({ [name]: value });
  });
  it('is joined by the documented defaults', () => {
    expect(loadConfig(NEEDED)).toMatchObject({
      PORT: 8000,
      DEFAULT_NOTIFICATION_DELAY_MINUTES: 30,
      DEFAULT_BATCH_SIZE_THRESHOLD: 5,
      MAX_BATCH_AGE_HOURS: 24,
      ENABLE_AUTO_CORRECTION: true,
      AUTO_CORRECTION_MODE: 'auto',
      AUTO_CORRECTION_DELAY_SECONDS: 60,
      MAX_CORRECTION_ATTEMPTS: 3,
      EMAIL_MAX_ATTEMPTS: 8,
      EMAIL_RETRY_BASE_SECONDS: 15,
      EMAIL_RETRY_MAX_SECONDS: 900,
      EMAIL_UNKNOWN_POLICY: 'hold',
      SWEEP_INTERVAL_SECONDS: 5,
      RATE_LIMIT_MAX: 6000,
      CHROMA_COLLECTION: 'global',
      production: false,
    });
  });
  it('may list several keys', () => {
    const { ADMIN_API_KEY } = loadConfig({ ...NEEDED, ADMIN_API_KEY: ' old, new,' });
    expect(ADMIN_API_KEY).toEqual(['old', 'new']);
  });
  it.each(['kb', '-kb-', 'kb-{company}', 'kb {bot_id}', 'kb-{bot_id'])(
    'names no collection with %s',
    (CHROMA_COLLECTION) => {
      expect(refusal({ ...NEEDED, CHROMA_COLLECTION })).toContain('CHROMA_COLLECTION');
    },
  );
  it.each(['kb-{company_id}', '{company_id}_{bot_id}', 'a.b-c'])(
    'names a collection with %s',
    (CHROMA_COLLECTION) => {
      expect(loadConfig({ ...NEEDED, CHROMA_COLLECTION })).toMatchObject({ CHROMA_COLLECTION });
    },
  );
  it.each(['s3=0/s', 'smtp=1/s', 's3=1', 's3=1/s;', 's3=1/w'])(
    'limits no store with %s',
    (rates) => {
      const env = { ...NEEDED, STORE_RATE_LIMITS: rates };
      expect(refusal(env)).toContain('STORE_RATE_LIMITS');
    },
  );
  it('may not list none', () => {
    expect(refusal({ ...NEEDED, ADMIN_API_KEY: ' , ' })).toContain('ADMIN_API_KEY');
  });
  it('puts a cluster’s keys into one slot', () => {
    const REDIS_URL = 'redis://a:1,redis://b:1';
    expect(loadConfig({ ...NEEDED, REDIS_URL }).QUEUE_PREFIX).toBe('{tidings}');
    expect(loadConfig({ ...NEEDED, REDIS_URL, QUEUE_PREFIX: '{t}x' }).QUEUE_PREFIX).toBe('{t}x');
  });
});
