import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../config.ts';
import { mailRoutes } from './routes.ts';

const routes = (EMAIL_TRANSPORTS: string, EMAIL_RATE_LIMITS?: string) =>
  mailRoutes({ EMAIL_TRANSPORTS, EMAIL_RATE_LIMITS });

describe('mailRoutes', () => {
  it('keeps the order, and names further servers by host and port', () => {
    const list =
      'ses, smtp,smtp://mx.example.com,smtps://u:p%2C@[::1]:2465 ,smtps://mx.example.com';
    expect(routes(list).map(({ kind, label }) => [kind, label])).toEqual([
      ['ses', 'ses'],
      ['smtp', 'smtp'],
      ['smtp', 'mx.example.com:587'],
      ['smtp', '[::1]:2465'],
      ['smtp', 'mx.example.com:465'],
    ]);
  });

  it('gives each its limits', () => {
    const [smtp, further, ses] = routes('smtp,smtp://h:25,ses', 'h:25=3/d;smtp=10/s,500/m,10000/h');
    expect(smtp?.limits).toEqual([
      { limit: 10, periodMs: 1000 },
      { limit: 500, periodMs: 60_000 },
      { limit: 10_000, periodMs: 3_600_000 },
    ]);
    expect(further?.limits).toEqual([{ limit: 3, periodMs: 86_400_000 }]);
    expect(ses?.limits).toEqual([]);
  });

  it.each([
    ['smtp,smtp', undefined, /EMAIL_TRANSPORTS lists a transport twice/],
    ['smtp://h,smtp://u:secret@h:587', undefined, /twice/],
    ['smtp://user:secret@:25', undefined, /EMAIL_TRANSPORTS has an entry that is no address/],
    ['smtp', 'ses=1/s', /EMAIL_RATE_LIMITS limits a transport .* it has smtp/],
  ])('%s with %s is refused, without showing a secret', (list, limits, message) => {
    expect(() => routes(list, limits)).toThrow(ConfigError);
    expect(() => routes(list, limits)).toThrow(message);
    expect(() => routes(list, limits)).not.toThrow(/secret/);
  });
});
