import { type Request, type Response, Router } from 'express';
import type { PreferenceOwner } from '../../../src/contracts/preferences.ts';
import { readPreferences } from '../applied-preferences.ts';
import { setKeyKind } from '../auth.ts';
import { ownerKey } from '../preference-record.ts';
import { readForm, refuseForgery } from './form-body.ts';
import { formErrors } from './form-errors.ts';
import { type FormState, NO_ERRORS } from './form-fields.ts';
import { formValues, settingsData, valuesOf } from './form-values.ts';
import { sendMessage, sendPage } from './layout.ts';
import { readLink } from './links.ts';
import { namesOf } from './names.ts';
import type { PageParts } from './parts.ts';
import { personPage } from './person-view.ts';
import { saveOwn } from './save-own.ts';
import type { Session } from './sessions.ts';
import type { Wording } from './wording.ts';
import { wordingFor } from './wording-for.ts';

/** `/preferences`: a link lets a person in for an hour, to see and change their own settings. */
export function personRoutes(parts: PageParts): Router {
  const { db, preferences, settings, sessions } = parts;
  const router = Router();

  /** Whoever has no session reads what to do, in the language of their browser. */
  const withSession =
    (
      handle: (request: Request, response: Response, session: Session<PreferenceOwner>) => unknown,
    ) =>
    async (request: Request, response: Response) => {
      const session = sessions.person(request);
      const wording = wordingFor(null, request);
      if (!session) return sendMessage(response, 401, wording.language, wording.link.none);
      setKeyKind(response, 'person page');
      await handle(request, response, session);
    };

  const show = async (
    request: Request,
    response: Response,
    session: Session<PreferenceOwner>,
    edited?: (wording: Wording) => FormState,
  ) => {
    const owner = session.claims;
    // Not from the cache: another process may have saved what is shown next.
    const { answer, fallback } = (await readPreferences(db, [owner])).get(ownerKey(owner))!;
    const wording = wordingFor(answer.locale, request);
    const names = await namesOf(db, [answer]);
    const form = edited?.(wording) ?? { values: valuesOf(answer), errors: NO_ERRORS };
    const saved = !edited && 'saved' in request.query;
    const page = { wording, owner, names, form, csrf: session.csrf, fallback, saved };
    sendPage(response, edited ? 422 : 200, personPage(page));
  };

  router.get('/link', (request, response) => {
    const reading = readLink(String(request.query.token ?? ''), settings.secrets, new Date());
    const wording = wordingFor(null, request);
    if (!reading.valid) {
      const status = reading.why === 'expired' ? 410 : 404;
      return sendMessage(response, status, wording.language, wording.link[reading.why]);
    }
    sessions.beginPerson(response, reading.claims);
    setKeyKind(response, 'person page');
    // The token must not stay in the address bar, the history or a bookmark.
    response.redirect(303, '/preferences');
  });
  router.get('/', withSession(show));
  router.post(
    '/',
    readForm,
    withSession(async (request, response, session) => {
      refuseForgery(sessions, session, request.body);
      const values = formValues(request.body);
      try {
        await saveOwn(preferences, session.claims, settingsData(values));
      } catch (error) {
        const edited = ({ fields }: Wording) => ({ values, errors: formErrors(error, fields) });
        return show(request, response, session, edited);
      }
      response.redirect(303, '/preferences?saved');
    }),
  );
  router.post(
    '/leave',
    readForm,
    withSession((request, response, session) => {
      refuseForgery(sessions, session, request.body);
      sessions.end(response, 'person');
      const wording = wordingFor(null, request);
      sendMessage(response, 200, wording.language, wording.left);
    }),
  );
  return router;
}
