import { describe, expect, it } from 'vitest';
import { loadCmsConfig } from './config.ts';

const least = { CMS_DATABASE_URL: 'postgres://u:secret@127.0.0.1/cms', CMS_API_TOKEN: 'one, two' };

describe('loadCmsConfig', () => {
  it('takes several tokens and listens on this machine only unless told otherwise', () => {
    expect(loadCmsConfig(least)).toMatchObject({
      host: '127.0.0.1',
      port: 1337,
      apiTokens: ['one', 'two'],
      rateLimitMax: 100_000,
    });
    expect(loadCmsConfig(least).webhook).toBeUndefined();
  });

  it('signs webhooks with the first of several keys', () => {
    const config = loadCmsConfig({
      ...least,
      INGESTION_SERVICE_WEBHOOK_URL: 'http://127.0.0.1:8000',
      INGESTION_SERVICE_API_KEY: 'new,old',
      WEBHOOK_SECRET: '',
    });
    expect(config.webhook).toEqual({
      baseUrl: 'http://127.0.0.1:8000',
      apiKey: 'new',
      secret: undefined,
    });
  });

  it('names every variable at fault and no value', () => {
    const wrong = {
      CMS_DATABASE_URL: 'mysql://u:hush@h/d',
      CMS_PORT: '99999',
      WEBHOOK_SECRET: 'whsec_%%hush%%',
    };
    const attempt = () => loadCmsConfig(wrong);
    for (const name of [...Object.keys(wrong), 'CMS_API_TOKEN is not set'])
      expect(attempt).toThrow(name);
    expect(attempt).not.toThrow(/hush/);
  });

  it('asks for a key where webhooks have somewhere to go', () => {
    expect(() =>
      loadCmsConfig({ ...least, INGESTION_SERVICE_WEBHOOK_URL: 'http://127.0.0.1:8000' }),
    ).toThrow('INGESTION_SERVICE_API_KEY is needed');
  });
});
