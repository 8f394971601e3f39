import type { PreferenceAnswer } from '../preference-record.ts';
import { adminPage, csrfField } from './admin-layout.ts';
import { errorSummary, type FormState, textField } from './form-fields.ts';
import { type Html, html } from './html.ts';
import type { PageContent } from './layout.ts';
import { LINK_DAYS } from './links.ts';
import { settingsFields } from './settings-fields.ts';
import type { FieldWording, Wording } from './wording.ts';
import { english } from './wording-en.ts';

const ID_ERROR = 'must be a whole number from 1 to 2147483647';

/** Whose preferences they are: what admins may change and people may not. */
export const OWNER_FIELDS: Record<'user_email' | 'company' | 'bot', FieldWording> = {
  user_email: { label: 'E-mail address', error: 'E-mail address must look like ann@example.com' },
  company: { label: 'Company number', error: `Company number ${ID_ERROR}` },
  bot: { label: 'Bot number', error: `Bot number ${ID_ERROR}` },
};

/** Admins read about somebody, not about themselves. */
export const ADMIN_WORDING: Wording = {
  ...english,
  groups: { ...english.groups, when: 'When they are told', what: 'What they are told' },
  fields: {
    ...english.fields,
    notification_enabled: { ...english.fields.notification_enabled, label: 'Send e-mails' },
    notification_delay_minutes: {
      ...english.fields.notification_delay_minutes,
      hint: 'Files that are done within this time come in one e-mail. 1 to 1440.',
    },
    batch_size_threshold: {
      ...english.fields.batch_size_threshold,
      hint: 'As soon as so many are done, the e-mail leaves. 1 to 100.',
    },
  },
};

/** The three fields that say whose preferences. */
export function ownerFields(form: FormState): Html {
  return html`<fieldset><legend>Person</legend>
${textField('user_email', OWNER_FIELDS.user_email, form, { type: 'email' })}
<div class="row">${textField('company', OWNER_FIELDS.company, form, { digits: true })}${textField('bot', OWNER_FIELDS.bot, form, { digits: true })}</div></fieldset>`;
}

/** The page that adds a person's preferences (`row` null) or changes them. */
export function editPage(
  csrf: string,
  row: PreferenceAnswer | null,
  form: FormState,
  link: PersonLinkView | null,
): PageContent {
  const title = row ? 'Change preferences' : 'Add preferences';
  const action = row ? `/admin/preferences/${row.documentId}` : '/admin/preferences';
  const main = html`<h1>${title}</h1>
${row && html`<p class="soft">Last changed ${row.updatedAt?.toISOString().slice(0, 16).replace('T', ' ')} UTC</p>`}
${errorSummary('Nothing was saved', form)}
<form method="post" action="${action}" novalidate>${csrfField(csrf)}
${ownerFields(form)}
${settingsFields(ADMIN_WORDING, form)}
<div class="actions"><button>${row ? 'Save' : 'Add'}</button>
${row && html`<a href="/admin/preferences/${row.documentId}/delete">Delete…</a>`}</div></form>
${link && linkCard(link)}`;
  const faulty = Object.keys(form.errors).length > 0;
  const here = row ? null : '/admin/preferences/new';
  return adminPage(csrf, here, { title: faulty ? `Error: ${title}` : title, main, narrow: true });
}

/** A link and until when it lets its person in. */
export interface PersonLinkView {
  url: string;
  expiresAt: Date;
}

/** The link for one person, to be copied. */
export function linkCard({ url, expiresAt }: PersonLinkView): Html {
  return html`<section class="card" aria-labelledby="link-title"><h2 id="link-title">Link for this person</h2>
<div class="field"><label for="link">Copy it and send it to nobody else</label>
<span class="hint" id="link-hint">Whoever opens it can change these settings. It works for ${LINK_DAYS} days, until ${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.</span>
<textarea id="link" rows="4" readonly spellcheck="false" aria-describedby="link-hint">${url}</textarea></div></section>`;
}

/** Asks before preferences are thrown away. */
export function deletePage(csrf: string, row: PreferenceAnswer): PageContent {
  const main = html`<h1>Delete preferences?</h1>
<p>The settings of <b>${row.user_email}</b> for company ${row.company.id} and bot ${row.bot.id} will be gone. From then on the defaults of the company apply, and the person is told by them.</p>
<form method="post" action="/admin/preferences/${row.documentId}/delete" class="actions">${csrfField(csrf)}
<button class="danger">Delete</button><a href="/admin/preferences/${row.documentId}">Keep them</a></form>`;
  return adminPage(csrf, null, { title: 'Delete preferences', main, narrow: true });
}
