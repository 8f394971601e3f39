import type { Request } from 'express';
import type { z } from 'zod';
import type { Deps } from '../deps.ts';

/** Who may call a route: the key's scope it takes. */
export type Access = 'open' | 'producer' | 'admin';

/** What a handler works with; everything is validated already. */
export interface Call<Params, Query, Body> {
  deps: Deps;
  params: Params;
  query: Query;
  body: Body;
  request: Request;
}

export interface Answer {
  status: number;
  body?: unknown;
  /** Sent as it is, with this content type, instead of JSON. */
  raw?: { type: string; content: string };
  headers?: Record<string, string>;
}

type Schema<Output> = z.ZodType<Output>;

/**
 * One route of the HTTP contract. The schemas validate requests and make the OpenAPI document; each
 * shape exists once.
 */
export interface Route<Params = unknown, Query = unknown, Body = unknown> {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Express path; parameters as `:name`. */
  path: string;
  access: Access;
  summary: string;
  tag: string;
  params?: Schema<Params>;
  query?: Schema<Query>;
  body?: Schema<Body>;
  /** Media types of a body that is handed on as it came, as bytes; JSON is parsed unless they are given. */
  unparsed?: string[];
  /** Describes the body where the schema that validates it cannot. */
  described?: z.ZodType;
  /** Schema and meaning of each status the route answers, besides those every route may. */
  answers: Record<number, { description: string; schema?: z.ZodType }>;
  handle(call: Call<Params, Query, Body>): Promise<Answer>;
}

/** Keeps the types of one route while routes of all kinds share a list. */
export const route = <Params = unknown, Query = unknown, Body = unknown>(
  definition: Route<Params, Query, Body>,
): Route => definition as Route;
