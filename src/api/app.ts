import express, { type Express, type Request } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { z } from 'zod';
import type { Deps } from '../deps.ts';
import { auditRoutes } from './audit.ts';
import { authorizer, clientId } from './auth.ts';
import { batchRoutes } from './batches.ts';
import { bounceRoutes } from './bounces.ts';
import { correctionBrakeRoutes } from './correction-brakes.ts';
import { correctionRoutes } from './corrections.ts';
import { docsPage } from './docs-page.ts';
import { emailRoutes } from './emails.ts';
import { errorRoutes } from './errors.ts';
import { fileEventRoutes } from './file-events.ts';
import { fileRoutes } from './files.ts';
import { healthRoutes } from './health.ts';
import { openApiDocument } from './openapi.ts';
import { preferenceRoutes } from './preferences.ts';
import { databaseDown, HttpProblem, invalid, problemHandler, sendProblem } from './problem.ts';
import { queueRoutes } from './queues.ts';
import type { Answer, Route } from './route.ts';
import { summaryRoutes } from './summaries.ts';
import { suppressionRoutes } from './suppressions.ts';
import { unsubscribeRoutes } from './unsubscribe.ts';
import type { RawRequest } from './webhook-signature.ts';

/** Body limit of the contract. */
const BODY_LIMIT = '5mb';
/** No request waits longer than this for the database, in milliseconds. */
const ANSWER_WITHIN_MS = 15_000;

/** Every route that is served; the OpenAPI document is made from this list. */
export const apiRoutes = (deps: Deps): Route[] => [
  ...fileEventRoutes,
  ...correctionBrakeRoutes, // before `/api/corrections/:id`
  ...correctionRoutes,
  ...preferenceRoutes,
  ...batchRoutes,
  ...emailRoutes,
  ...summaryRoutes,
  ...suppressionRoutes,
  ...unsubscribeRoutes,
  ...bounceRoutes,
  ...errorRoutes,
  ...fileRoutes,
  ...queueRoutes,
  ...auditRoutes,
  ...healthRoutes(deps),
];

/** Builds the Express application over opened dependencies. */
export function createApp(deps: Deps): Express {
  const routes = apiRoutes(deps);
  const app = express();
  app.disable('x-powered-by');
  const authorize = authorizer(deps.config);
  const limit = limiter(deps);
  const parse = express.json({
    limit: BODY_LIMIT,
    verify: (request, _response, raw) => {
      if ((request as RawRequest).path?.startsWith('/webhooks/'))
        (request as RawRequest).rawBody = raw;
    },
  });
  const keep = express.raw({ limit: BODY_LIMIT, type: () => true });
  for (const route of routes) {
    const before = [
      (request: Request, _response: unknown, next: () => void) => {
        authorize(request, route.access);
        next();
      },
      ...(route.access === 'open' ? [] : [limit]),
      ...(route.body ? [refuseOtherTypes(route), route.unparsed ? keep : parse] : []),
    ];
    app[route.method](route.path, ...before, async (request: Request, response) => {
      const timer = deps.metrics.httpDuration.startTimer({ route: route.path });
      response.once('finish', () => timer({ status: response.statusCode }));
      const answer = await inTime(
        route.handle({
          deps,
          request,
          params: checked(route.params, request.params, 'path'),
          query: checked(route.query, request.query, 'query'),
          body: checked(route.body, request.body, 'body'),
        }),
      );
      response.status(answer.status);
      if (answer.raw)
        response
          .set('Content-Type', answer.raw.type)
          .set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
          .set(answer.headers ?? {})
          .send(answer.raw.content);
      else response.set(answer.headers ?? {}).json(answer.body);
    });
  }
  serveDocument(app, routes);
  app.use((request, response) => {
    const detail = `There is no ${request.method} ${request.path}; see /docs.`;
    sendProblem(response, new HttpProblem(404, 'Not found', detail));
  });
  app.use(problemHandler(deps.log));
  return app;
}

/** A body the parser would skip: taking it for absent could do more than was asked for. */
function refuseOtherTypes({ unparsed = ['application/json'] }: Route) {
  return (request: Request, _response: unknown, next: () => void): void => {
    if (request.is(unparsed) === false)
      throw new HttpProblem(
        415,
        'Unsupported media type',
        `Send the body with "Content-Type: ${unparsed.join('" or "')}".`,
      );
    next();
  };
}

function checked(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error, where);
  return parsed.data;
}

/** A database that hangs is as good as away; the client may send the same request again. */
async function inTime(work: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(databaseDown()), ANSWER_WITHIN_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Counts per key in this process, so that it needs no Redis to protect the database. */
function limiter({ config }: Deps) {
  return rateLimit({
    windowMs: config.RATE_LIMIT_INTERVAL,
    limit: config.RATE_LIMIT_MAX,
    skip: () => config.RATE_LIMIT_MAX === 0,
    keyGenerator: clientId,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false,
    handler: (_request, _response, _next, options) => {
      const seconds = String(Math.ceil(options.windowMs / 1000));
      throw new HttpProblem(429, 'Too many requests', `More than ${options.limit} requests.`, {
        headers: { 'Retry-After': seconds },
      });
    },
  });
}

function serveDocument(app: Express, routes: Route[]): void {
  const document = openApiDocument(routes);
  const page = docsPage(document);
  app.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  app.get('/docs', (_request, response) => {
    response.type('html').send(page);
  });
}
