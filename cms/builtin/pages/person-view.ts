import type { PreferenceOwner } from '../../../src/contracts/preferences.ts';
import { errorSummary, type FormState } from './form-fields.ts';
import { html } from './html.ts';
import type { PageContent } from './layout.ts';
import type { Names } from './names.ts';
import { settingsFields } from './settings-fields.ts';
import type { Wording } from './wording.ts';

/** What the page for one person shows. */
export interface PersonView {
  wording: Wording;
  owner: PreferenceOwner;
  names: Names;
  form: FormState;
  csrf: string;
  /** Nothing of their own is stored yet. */
  fallback: boolean;
  saved: boolean;
}

/** The page on which a person chooses how they are told. */
export function personPage(view: PersonView): PageContent {
  const { wording, owner, names, form, csrf, fallback, saved } = view;
  const faulty = Object.keys(form.errors).length > 0;
  const bot = names.bot(owner.bot_id) ?? wording.numbered.bot(owner.bot_id);
  const company = names.company(owner.company_id) ?? wording.numbered.company(owner.company_id);
  const main = html`<h1>${wording.title}</h1>
<p class="soft">${owner.user_email}<br>${bot} · ${company}</p>
${errorSummary(wording.errors, form)}
${
  saved &&
  html`<div class="note good" role="status"><h2>${wording.saved.title}</h2><p>${wording.saved.text}</p></div>`
}
${fallback && !faulty && !saved && html`<p>${wording.notSetYet}</p>`}
<form method="post" action="/preferences" novalidate><input type="hidden" name="csrf" value="${csrf}">
${settingsFields(wording, form)}
<div class="actions"><button>${wording.save}</button></div></form>
<form method="post" action="/preferences/leave"><input type="hidden" name="csrf" value="${csrf}">
<button class="quiet">${wording.leave}</button></form>`;
  const title = faulty ? `${wording.errorPrefix}: ${wording.title}` : wording.title;
  return { language: wording.language, title, main, narrow: true };
}
