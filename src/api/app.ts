import express, { type Express, type Request, type Response } from 'express';
import type { z } from 'zod';
import type { Deps } from '../deps.ts';
import { auditRoutes } from './audit.ts';
import { authorizer } from './auth.ts';
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
import { inTime } from './in-time.ts';
import { openIntake } from './intake.ts';
import { methodCheck } from './method-check.ts';
import { openApiDocument } from './openapi.ts';
import { preferenceRoutes } from './preferences.ts';
import { HttpProblem, invalid, problemHandler, sendProblem } from './problem.ts';
import { queueRoutes } from './queues.ts';
import { rateLimiter } from './rate-limit.ts';
import { restoreRoutes } from './restores.ts';
import type { Route } from './route.ts';
import { sendAnswer } from './send-answer.ts';
import { summaryRoutes } from './summaries.ts';
import { suppressionRoutes } from './suppressions.ts';
import { unsubscribeRoutes } from './unsubscribe.ts';
import type { RawRequest } from './webhook-signature.ts';

/** Body limit of the contract. */
const BODY_LIMIT = '5mb';
/**
 * Every route that is served; the OpenAPI document is made from this list. Requests are compared with
 * one after the other: what is asked for most comes first.
 */
export const apiRoutes = (deps: Deps): Route[] => [
  ...fileEventRoutes(openIntake(deps)),
  ...preferenceRoutes,
  ...correctionBrakeRoutes, // before `/api/corrections/:id`
  ...correctionRoutes,
  ...restoreRoutes,
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

/** What `serveDocument` serves besides the routes. */
const DOCUMENTS = ['/openapi.json', '/docs'].map((path) => ({ method: 'get', path }) as const);

/** Builds the Express application over opened dependencies. */
export function createApp(deps: Deps): Express {
  const routes = apiRoutes(deps);
  const app = express();
  app.disable('x-powered-by');
  const authorize = authorizer(deps.config);
  const limit = rateLimiter(deps.config);
  const parse = express.json({
    limit: BODY_LIMIT,
    strict: false, // `null` is JSON too; the schema says what it should have been
    type: () => true, // looked at before
    verify: (request, _response, raw) => {
      if ((request as RawRequest).path?.startsWith('/webhooks/'))
        (request as RawRequest).rawBody = raw;
    },
  });
  const keep = express.raw({ limit: BODY_LIMIT, type: () => true });
  const misused = methodCheck([...routes, ...DOCUMENTS]);
  for (const route of routes) {
    // `/api/corrections/cancel` is a path of its own, not a correction to be looked at.
    for (const path of misused.pathsTakenFor(route))
      app[route.method](path, (request, response) => {
        sendProblem(response, misused.problem(request) ?? noSuchRoute(request));
      });
    const before = [
      (request: Request, response: Response, next: () => void) => {
        response.locals.client = authorize(request, route.access);
        if (route.access === 'open') next();
        else limit(request, response, next);
      },
      ...(route.body ? [refuseOtherTypes(route), route.unparsed ? keep : parse] : []),
    ];
    app[route.method](route.path, ...before, async (request: Request, response) => {
      const began = performance.now();
      response.on('finish', () => {
        const labels = { route: route.path, status: response.statusCode };
        deps.metrics.httpDuration.observe(labels, (performance.now() - began) / 1000);
      });
      const answer = await inTime(
        route.handle({
          deps,
          request,
          params: route.params && checked(route.params, request.params, 'path'),
          query: route.query && checked(route.query, request.query, 'query'),
          body: route.body && checked(route.body, request.body, 'body'),
        }),
      );
      sendAnswer(response, answer);
    });
  }
  serveDocument(app, routes);
  app.use((request, response) => {
    sendProblem(response, misused.problem(request) ?? noSuchRoute(request));
  });
  app.use(problemHandler(deps.log));
  return app;
}

const noSuchRoute = ({ method, path }: Request) =>
  new HttpProblem(404, 'Not found', `There is no ${method} ${path}; see /docs.`);

/** A body the parser would skip: taking it for absent could do more than was asked for. */
function refuseOtherTypes({ unparsed = ['application/json'] }: Route) {
  return (request: Request, _response: unknown, next: () => void): void => {
    const named = unparsed.includes(request.headers['content-type'] ?? '');
    // Whether a client names the length of a body it does not send is up to its library.
    const absent = request.headers['content-length'] === '0';
    if (!named && !absent && request.is(unparsed) === false)
      throw new HttpProblem(
        415,
        'Unsupported media type',
        `Send the body with "Content-Type: ${unparsed.join('" or "')}".`,
      );
    next();
  };
}

function checked(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error, where);
  return parsed.data;
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
