import { type Request, type RequestHandler, type Response, Router } from 'express';
import { errorHandler } from '../error-handler.ts';
import { Problem } from '../problem.ts';
import { rateLimit } from '../rate-limit.ts';
import { loginRoutes } from './admin-login.ts';
import { adminRoutes } from './admin-routes.ts';
import { html } from './html.ts';
import { pageHeaders, sendMessage } from './layout.ts';
import type { PageParts } from './parts.ts';
import { personRoutes } from './person-routes.ts';
import { wordingFor } from './wording-for.ts';

/** The pages for people: `/preferences` for one person, `/admin` for admins. The rest is not theirs. */
export function pageRoutes(parts: PageParts): Router {
  const { settings, sessions, metrics, log } = parts;
  const router = Router();
  const limit = rateLimit(parts.rateLimitMax);
  const nothing: RequestHandler = () => {
    throw new Problem(404, 'There is no such page.');
  };
  router.get('/', (_request, response) => response.redirect(303, '/admin/preferences'));
  router.use(
    '/preferences',
    pageHeaders,
    limit,
    personRoutes(parts),
    nothing,
    errorHandler(metrics, log, sendPersonFailure),
  );
  router.use(
    '/admin',
    pageHeaders,
    limit,
    loginRoutes(settings, sessions),
    adminRoutes(parts),
    nothing,
    errorHandler(metrics, log, sendAdminFailure),
  );
  return router;
}

function sendPersonFailure(response: Response, problem: Problem, request: Request): void {
  const { language, staleForm, failed, link } = wordingFor(null, request);
  const said = problem.status === 403 ? staleForm : problem.status === 404 ? link.none : failed;
  sendMessage(response, problem.status, language, said);
}

function sendAdminFailure(response: Response, problem: Problem): void {
  const message = { title: TITLES[problem.status] ?? 'That did not work', text: problem.message };
  const back = html`<a href="/admin/preferences">Back to the preferences</a>`;
  sendMessage(response, problem.status, 'en', message, back);
}

const TITLES: Record<number, string> = {
  403: 'Nothing was saved',
  404: 'There is nothing here',
  503: 'The CMS cannot answer now',
};
