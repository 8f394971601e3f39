import { hash } from 'node:crypto';
import type { Request } from 'express';
import type { Config } from '../config.ts';
import { HttpProblem } from './problem.ts';
import type { Access } from './route.ts';

type Scope = 'producer' | 'admin';
/** A holder of a key may write it with any number of spaces; so many ways are remembered. */
const MAX_HEADERS = 100;
const digest = (key: string) => hash('sha256', key, 'base64');

/**
 * Checks `Authorization: Bearer KEY`. Keys are looked up by digest, so that comparing them tells
 * nothing about them; a list of keys lets them be rotated.
 * @returns a function that answers what the client is counted by, its key's digest, or null where none
 *   is asked for. It throws 401 without a known key and 403 where the key's scope is too small
 */
export function authorizer(config: Pick<Config, 'INGESTION_SERVICE_API_KEY' | 'ADMIN_API_KEY'>) {
  const scopes = new Map<string, Scope>([
    ...config.INGESTION_SERVICE_API_KEY.map((key) => [digest(key), 'producer'] as const),
    ...config.ADMIN_API_KEY.map((key) => [digest(key), 'admin'] as const),
  ]);
  /** Digests of headers that carried a known key: as few as there are keys and ways to write one. */
  const digests = new Map<string, string>();
  const clientOf = (request: Request): string => {
    const header = request.headers.authorization ?? '';
    const known = digests.get(header);
    if (known !== undefined) return known;
    const key = bearer(header);
    const client = key === null ? '' : digest(key);
    if (scopes.has(client) && digests.size < MAX_HEADERS) digests.set(header, client);
    return client;
  };
  return (request: Request, access: Access): string | null => {
    if (access === 'open') return null;
    const client = clientOf(request);
    const scope = scopes.get(client);
    if (!scope)
      throw new HttpProblem(
        401,
        'Unauthorized',
        'Send a known key as "Authorization: Bearer KEY".',
        {
          headers: { 'WWW-Authenticate': 'Bearer' },
        },
      );
    if (access === 'admin' && scope !== 'admin')
      throw new HttpProblem(403, 'Forbidden', 'This route takes an admin key.');
    return client;
  };
}

function bearer(header: string): string | null {
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? null;
}
