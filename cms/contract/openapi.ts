import { z } from 'zod';
import { preferenceWebhook } from '../../src/contracts/preferences.ts';
import { problem } from '../../src/contracts/problem.ts';
import { CONTRACT_ROUTES, type ContractRoute } from './routes.ts';

/** The CMS contract as an OpenAPI 3.1 document, made from the schemas both sides validate with. */

const DESCRIPTION = `What Tidings asks of a CMS, and what it tells it.

- Companies and bots are known by number; a record that names one for the first time creates it, without a name.
- E-mail addresses are compared and kept in lower case.
- There is one row of preferences per company, bot and address, whoever writes at the same time.
- Whoever has no row of their own gets the company's \`default_notification_settings\` over the built-in settings, and \`fallback_applied\` says so each time.
- Every change of preferences, by whatever way it was made, is told by the webhook. No write waits for it; it is sent again until it is taken.
- Fields that an answer has beyond these are ignored.`;

const WEBHOOK_DESCRIPTION = `\`POST\` to \`/webhooks/preference-updated\` of the Tidings API, with one of its producer keys as Bearer token and, where a secret is shared, a Standard Webhooks signature over the body. Any 2xx takes it; anything else, or no answer in a few seconds, has it sent again later under the same \`webhook-id\`. Preferences that move to another company, bot or address are \`deleted\` there and \`created\` here.`;

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
  }) as Record<string, unknown>;
  return rest;
};
const json = (schema: z.ZodType, io: 'input' | 'output') => ({
  'application/json': { schema: jsonSchema(schema, io) },
});
const refusal = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query') {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
}

function operation(route: ContractRoute) {
  const refusals = { ...route.refusals, ...(!route.open && { 401: 'No or wrong token' }) };
  const answers = Object.entries(route.answers).map(([status, schema]) => [
    status,
    {
      description: route.summary,
      ...(schema && { content: json(schema, 'input') }),
    },
  ]);
  return {
    summary: route.summary,
    tags: [route.tag],
    ...(!route.open && { security: [{ token: [] }] }),
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.body && { requestBody: { required: true, content: json(route.body, 'input') } }),
    responses: Object.fromEntries([
      ...answers,
      ...Object.entries(refusals).map(([status, why]) => [status, refusal(why)]),
    ]),
  };
}

const WEBHOOK_HEADERS: Record<string, string> = {
  'webhook-id': 'The same at every attempt',
  'webhook-timestamp': 'Seconds since 1970 at this attempt',
  'webhook-signature': 'Standard Webhooks, `v1,` and base64',
};

/** The document; nothing in it depends on a running CMS. */
export function cmsOpenApiDocument() {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of CONTRACT_ROUTES)
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'The CMS contract of Tidings',
      version: '0.1.0',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    webhooks: {
      'preference-updated': {
        post: {
          summary: 'Preferences were created, updated or deleted',
          description: WEBHOOK_DESCRIPTION,
          parameters: Object.entries(WEBHOOK_HEADERS).map(([name, description]) => ({
            name,
            in: 'header',
            required: name !== 'webhook-signature',
            description,
            schema: { type: 'string' },
          })),
          requestBody: { required: true, content: json(preferenceWebhook, 'input') },
          responses: { '2XX': { description: 'Taken' } },
        },
      },
    },
    components: {
      schemas: { Problem: jsonSchema(problem, 'output') },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'One of `CMS_API_TOKEN`' },
      },
    },
  };
}
