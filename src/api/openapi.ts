import { z } from 'zod';
import { problem } from '../contracts/problem.ts';
import type { Route } from './route.ts';

/** The OpenAPI 3.0 document, made from the schemas that validate. */

const PROBLEM = { $ref: '#/components/schemas/Problem' };
const BYTES = { type: 'string', format: 'binary' };
const jsonSchema = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io,
    unrepresentable: 'any',
  }) as Record<string, unknown>;
  return rest;
};

function parameters(schema: z.ZodType | undefined, where: 'path' | 'query') {
  if (!(schema instanceof z.ZodObject)) return [];
  const described = jsonSchema(schema, 'input') as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(described.properties ?? {}).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || (described.required ?? []).includes(name),
    schema: property,
  }));
}

function responses({ answers, access, body, params, query }: Route) {
  const problems: Record<string, string> = {
    ...(body || params || query ? { 400: 'The request does not fit the contract' } : {}),
    ...(access !== 'open' && { 401: 'No or wrong key', 429: 'Too many requests' }),
    ...(access === 'admin' && { 403: 'The key lacks the scope' }),
    ...(params ? { 404: 'Unknown' } : {}),
    ...(body && { 413: 'The body is too large', 415: 'The body has another media type' }),
    ...(access !== 'open' && { 503: 'The database does not answer; try again later' }),
  };
  const entries = Object.entries(answers).map(([status, { description, schema }]) => [
    status,
    {
      description,
      ...(schema && { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } }),
      ...(!schema &&
        Number(status) >= 400 && { content: { 'application/problem+json': { schema: PROBLEM } } }),
    },
  ]);
  const failures = Object.entries(problems)
    .filter(([status]) => !(status in answers))
    .map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema: PROBLEM } } },
    ]);
  return Object.fromEntries([...entries, ...failures]);
}

/** @param routes every route that is served */
export function openApiDocument(routes: Route[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      [route.method]: {
        summary: route.summary,
        tags: [route.tag],
        ...(route.access !== 'open' && { security: [{ [route.access]: [] }] }),
        parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
        ...(route.body && {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: route.unparsed
              ? Object.fromEntries(route.unparsed.map((type) => [type, { schema: BYTES }]))
              : {
                  'application/json': {
                    schema: jsonSchema(route.described ?? route.body, 'input'),
                  },
                },
          },
        }),
        responses: responses(route),
      },
    };
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'Tidings',
      version: '0.1.0',
      description:
        'Tells people what became of the files they handed to a knowledge bot, and cleans up after the files that failed.',
      license: { name: 'MIT' },
    },
    paths,
    components: {
      schemas: { Problem: jsonSchema(problem, 'output') },
      securitySchemes: {
        producer: { type: 'http', scheme: 'bearer', description: 'A producer or admin key' },
        admin: { type: 'http', scheme: 'bearer', description: 'An admin key' },
      },
    },
  };
}
