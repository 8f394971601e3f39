import { type Request, type Response, Router } from 'express';
import { BUILT_IN_SETTINGS, type PreferenceOwner } from '../../../src/contracts/preferences.ts';
import { changeRow, createRow, findRow, removeRow } from '../collection.ts';
import type { PreferenceAnswer } from '../preference-record.ts';
import { Problem } from '../problem.ts';
import { ADMIN_WORDING, deletePage, editPage, OWNER_FIELDS } from './admin-edit-view.ts';
import { linkPage } from './admin-link-view.ts';
import { listFor } from './admin-list.ts';
import { forAdmins } from './admin-session.ts';
import { readForm } from './form-body.ts';
import { formErrors } from './form-errors.ts';
import { type FormState, NO_ERRORS } from './form-fields.ts';
import { type FormValues, formValues, ownerData, settingsData, valuesOf } from './form-values.ts';
import { sendPage } from './layout.ts';
import { baseUrlOf, ownerOfLink, personLink } from './links.ts';
import type { PageParts } from './parts.ts';

const FIELDS = { ...OWNER_FIELDS, ...ADMIN_WORDING.fields };
const NEW = { ...valuesOf(BUILT_IN_SETTINGS), user_email: '', company: '', bot: '' };

/** `/admin`: everybody's preferences, to be found, added, changed and deleted, and links for people. */
export function adminRoutes(parts: PageParts): Router {
  const { preferences, settings, sessions } = parts;
  const router = Router();
  const admin = forAdmins(sessions);
  const linkFor = (request: Request, owner: PreferenceOwner) =>
    personLink(baseUrlOf(settings, request), owner, settings.secrets[0]!, new Date());

  /** Saves what a form says, or shows it again with what is wrong. */
  const saved = async (values: FormValues, save: (body: object) => Promise<unknown>) => {
    try {
      await save({ data: { ...settingsData(values), ...ownerData(values) } });
      return null;
    } catch (error) {
      return { values, errors: saveErrors(error) };
    }
  };
  const edit = (
    response: Response,
    call: { request: Request; csrf: string },
    row: PreferenceAnswer,
    faulty?: FormState,
  ) => {
    const owner = { company_id: row.company.id, bot_id: row.bot.id, user_email: row.user_email };
    const values = { ...valuesOf(row), ...textOf(owner) };
    const form = faulty ?? { values, errors: NO_ERRORS };
    const link = faulty ? null : linkFor(call.request, owner);
    sendPage(response, faulty ? 422 : 200, editPage(call.csrf, row, form, link));
  };

  router.get('/', (_request, response) => response.redirect(303, '/admin/preferences'));
  router.post(
    '/logout',
    readForm,
    admin((_call, response) => {
      sessions.end(response, 'admin');
      response.redirect(303, '/admin/login');
    }),
  );
  router.get(
    '/preferences',
    admin(async ({ request, csrf }, response) => {
      sendPage(response, 200, await listFor(parts, request.query, csrf));
    }),
  );
  router.get(
    '/preferences/new',
    admin(({ csrf }, response) => {
      sendPage(response, 200, editPage(csrf, null, { values: NEW, errors: NO_ERRORS }, null));
    }),
  );
  router.post(
    '/preferences',
    readForm,
    admin(async ({ request, csrf }, response) => {
      const faulty = await saved(formValues(request.body), (body) => createRow(preferences, body));
      if (faulty) return sendPage(response, 422, editPage(csrf, null, faulty, null));
      response.redirect(303, '/admin/preferences?done=added');
    }),
  );
  router.get(
    '/preferences/:id',
    admin(async (call, response) => edit(response, call, await findRow(preferences, call.id))),
  );
  router.post(
    '/preferences/:id',
    readForm,
    admin(async (call, response) => {
      const row = await findRow(preferences, call.id);
      const values = formValues(call.request.body);
      const faulty = await saved(values, (body) => changeRow(preferences, call.id, body));
      if (faulty) return edit(response, call, row, faulty);
      response.redirect(303, '/admin/preferences?done=saved');
    }),
  );
  router.get(
    '/preferences/:id/delete',
    admin(async ({ id, csrf }, response) => {
      sendPage(response, 200, deletePage(csrf, await findRow(preferences, id)));
    }),
  );
  router.post(
    '/preferences/:id/delete',
    readForm,
    admin(async ({ id }, response) => {
      await removeRow(preferences.name, preferences.remove, id);
      response.redirect(303, '/admin/preferences?done=deleted');
    }),
  );
  router.get(
    '/link',
    admin(({ csrf }, response) => {
      const form = { values: {}, errors: NO_ERRORS };
      sendPage(response, 200, linkPage(csrf, form, null));
    }),
  );
  router.post(
    '/link',
    readForm,
    admin(({ request, csrf }, response) => {
      const values = formValues(request.body);
      try {
        const link = linkFor(request, ownerOfLink(ownerData(values)));
        sendPage(response, 200, linkPage(csrf, { values, errors: NO_ERRORS }, link));
      } catch (error) {
        const errors = formErrors(error, OWNER_FIELDS);
        sendPage(response, 422, linkPage(csrf, { values, errors }, null));
      }
    }),
  );
  return router;
}

const textOf = ({ company_id, bot_id, user_email }: PreferenceOwner) => ({
  company: String(company_id),
  bot: String(bot_id),
  user_email,
});

function saveErrors(error: unknown): FormState['errors'] {
  if (error instanceof Problem && error.status === 409) return { user_email: error.message };
  return formErrors(error, FIELDS);
}
