import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import postgres from 'postgres';
import { z } from 'zod';
import { createCms } from '../../cms/builtin/cms.ts';
import type { CmsConfig } from '../../cms/builtin/config.ts';
import { stackEnv } from './stack-env.ts';

/** The built-in CMS in this process, on a database of its own. */

export const TOKEN = 'cms-test-token';
/** Signs the links and sessions of the pages. */
export const PAGE_SECRET = 'the page secret of the tests';

/** One record, of whatever kind. */
export type Row = Record<string, unknown> & { id: number; documentId: string };

/** Every key an answer of the CMS can have; each test knows which it asks for. */
export interface Body {
  data: Row;
  meta: { pagination: { page: number; pageSize: number; pageCount: number; total: number } };
  cache_hit: boolean;
  fallback_applied: boolean;
  missing_preferences: string[];
  status: string | number;
  services: Record<string, unknown>;
  errors: { path: string; message: string }[];
}

export interface Reply {
  status: number;
  body: Body;
}

/** The rows of a list answer. */
export function rowsOf(reply: Reply): Row[] {
  return z.array(z.custom<Row>()).parse(reply.body.data);
}

export interface RunningCms {
  url: string;
  call(method: string, path: string, body?: unknown): Promise<Reply>;
  close(): Promise<void>;
}

/** Creates an empty database next to the stack's own. */
export async function emptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const admin = stackEnv().DATABASE_URL!;
  const name = `cms_${randomBytes(6).toString('hex')}`;
  const url = new URL(admin);
  url.pathname = `/${name}`;
  await asAdmin(admin, `create database ${name}`);
  return {
    url: url.href,
    drop: () => asAdmin(admin, `drop database if exists ${name} with (force)`),
  };
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(statement).finally(() => sql.end());
}

/** Starts a CMS on a free port. */
export async function runCms(
  databaseUrl: string,
  changes: Partial<CmsConfig> = {},
): Promise<RunningCms> {
  const cms = await createCms(
    {
      host: '127.0.0.1',
      port: 0,
      databaseUrl,
      apiTokens: [TOKEN],
      rateLimitMax: 0,
      pages: { secrets: [PAGE_SECRET] },
      logLevel: 'silent',
      ...changes,
    },
    pino({ level: 'silent' }),
  );
  const server = await new Promise<Server>((resolve) => {
    const listening = cms.app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    call: (method, path, body) =>
      request(url + path, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await cms.close();
    },
  };
}

/** One request with the token; the body is parsed where there is one. */
export async function request(url: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, {
    ...init,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      ...(init.headers as Record<string, string> | undefined),
    },
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** A TCP way to the database that can be cut and mended. */
export async function cuttable(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        open.delete(socket);
      });
    }
    near.pipe(far).pipe(near);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return { url: url.href, cut, mend: () => listen(port) };
}
