import { Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { setKeyKind, tokenFinder } from '../auth.ts';
import { readForm } from './form-body.ts';
import { errorSummary, type FormState, NO_ERRORS } from './form-fields.ts';
import { formValues } from './form-values.ts';
import { html } from './html.ts';
import { sendPage } from './layout.ts';
import type { PageSettings, Sessions } from './sessions.ts';

/** So many wrong tokens an address may try in a minute. */
const WRONG_TOKENS = 10;

/** `/admin/login` and `/admin/logout`: the CMS token is what an admin logs in with. */
export function loginRoutes(settings: PageSettings, sessions: Sessions): Router {
  const router = Router();
  const positionOf = tokenFinder(settings.apiTokens);
  const limit = rateLimit({
    windowMs: 60_000,
    limit: WRONG_TOKENS,
    skipSuccessfulRequests: true,
    legacyHeaders: false,
    handler: (_request, response) => {
      const error = 'Too many wrong tokens came from your address. Wait a minute and try again';
      sendPage(response, 429, loginPage({ values: {}, errors: { token: error } }));
    },
  });

  router.get('/login', (request, response) => {
    if (sessions.admin(request)) return response.redirect(303, '/admin/preferences');
    sendPage(response, 200, loginPage({ values: {}, errors: NO_ERRORS }));
  });
  router.post('/login', limit, readForm, (request, response) => {
    const token = (formValues(request.body).token ?? '').trim();
    if (positionOf(token) < 0) {
      setKeyKind(response, 'invalid');
      const error = token ? 'This is not the token of the CMS' : 'Enter the token of the CMS';
      return sendPage(response, 401, loginPage({ values: {}, errors: { token: error } }));
    }
    setKeyKind(response, 'admin page');
    sessions.beginAdmin(response, token);
    response.redirect(303, '/admin/preferences');
  });
  return router;
}

function loginPage(form: FormState) {
  const error = form.errors.token;
  const main = html`<h1>Log in</h1>
${errorSummary('You are not logged in', form)}
<form method="post" action="/admin/login" class="card" novalidate><div class="field">
<label for="token">Token of the CMS</label><span class="hint" id="token-hint">One of CMS_API_TOKEN. You stay logged in for eight hours.</span>
${error && html`<span class="error" id="token-error">${error}</span>`}
<input type="password" id="token" name="token" autocomplete="current-password" required aria-describedby="token-hint${error && ' token-error'}"${error && html` aria-invalid="true"`}></div>
<button>Log in</button></form>`;
  const title = `${error ? 'Error: ' : ''}Log in · Notification preferences`;
  return { language: 'en', title, main, narrow: true };
}
