const BY_USER = /(\/by-user\/[^/]*\/[^/]*\/).+$/;
const ADDRESS = /[^/]*(?:@|%(?:25)*40)[^/]*/gi;
const MAX_LENGTH = 500;

/** A request's path as the access log keeps it: no query string, no e-mail address, at most 500 characters. */
export function accessPath(originalUrl: string): string {
  const [path = ''] = originalUrl.split('?', 1);
  return path.replace(BY_USER, '$1***').replace(ADDRESS, '***').slice(0, MAX_LENGTH);
}
