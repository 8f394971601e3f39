import { checkbox, type FormState, radios, textField } from './form-fields.ts';
import { type Html, html } from './html.ts';
import type { Wording } from './wording.ts';

/** Languages the mails are written in; any other tag may be typed as well. */
const LANGUAGES = ['en', 'de'];
const TIME_ZONES = Intl.supportedValuesOf('timeZone');

/** The settings of one person, in three groups: the same on their own page and on the admins'. */
export function settingsFields(wording: Wording, form: FormState): Html {
  const { fields, formats, groups } = wording;
  return html`<fieldset><legend>${groups.when}</legend>
<div class="field">${checkbox('notification_enabled', fields.notification_enabled, form)}</div>
${number('notification_delay_minutes')}${number('batch_size_threshold')}</fieldset>
<fieldset><legend>${groups.what}</legend>
${radios('email_format', fields.email_format, formats, form)}
${checkbox('include_success_details', fields.include_success_details, form)}
${checkbox('include_error_details', fields.include_error_details, form)}</fieldset>
<fieldset><legend>${groups.language}</legend>
${textField('locale', fields.locale, form, { list: 'languages' })}
${textField('timezone', fields.timezone, form, { list: 'time-zones' })}</fieldset>
${suggestions('languages', LANGUAGES)}${suggestions('time-zones', TIME_ZONES)}`;

  function number(name: 'notification_delay_minutes' | 'batch_size_threshold'): Html {
    return textField(name, fields[name], form, { digits: true });
  }
}

function suggestions(id: string, values: string[]): Html {
  return html`<datalist id="${id}">${values.map((value) => html`<option value="${value}"></option>`)}</datalist>`;
}
