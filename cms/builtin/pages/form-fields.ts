import type { FormValues } from './form-values.ts';
import { type Html, html } from './html.ts';
import type { FieldWording } from './wording.ts';

/** A form as it is shown: what it holds, and which of its fields are at fault. */
export interface FormState {
  values: FormValues;
  /** What is wrong, by the field's name. */
  errors: Record<string, string>;
}

export const NO_ERRORS = {};

interface TextOptions {
  type?: 'text' | 'email';
  /** Digits only: phones then show the right keys. */
  digits?: boolean;
  /** Id of a list of suggestions. */
  list?: string;
  autocomplete?: string;
}

/** One line of text with its label, hint and error, tied together for those who cannot see them. */
export function textField(
  name: string,
  wording: FieldWording,
  { values, errors }: FormState,
  { type = 'text', digits, list, autocomplete = 'off' }: TextOptions = {},
): Html {
  const error = errors[name];
  return html`<div class="field"><label for="${name}">${wording.label}</label>
${described(name, wording.hint, error)}
<input id="${name}" name="${name}" type="${type}" value="${values[name] ?? ''}" autocomplete="${autocomplete}"
${digits && html` inputmode="numeric" class="short"`}${list && html` list="${list}"`}${state(name, wording.hint, error)}></div>`;
}

/** A box to tick. */
export function checkbox(name: string, wording: FieldWording, { values, errors }: FormState): Html {
  const error = errors[name];
  return html`<div class="choice"><input type="checkbox" id="${name}" name="${name}"
${values[name] && html` checked`}${state(name, wording.hint, error)}>
<div><label for="${name}">${wording.label}</label>${described(name, wording.hint, error)}</div></div>`;
}

/** One of several. The first carries the field's own id, which the list of errors links to. */
export function radios(
  name: string,
  wording: FieldWording,
  choices: Record<string, string>,
  { values, errors }: FormState,
): Html {
  const error = errors[name];
  const options = Object.entries(choices).map(([value, label], index) => {
    const id = index === 0 ? name : `${name}-${value}`;
    return html`<div class="choice"><input type="radio" id="${id}" name="${name}" value="${value}"
${values[name] === value && html` checked`}${error && html` aria-invalid="true"`}>
<label for="${id}">${label}</label></div>`;
  });
  return html`<fieldset${error && html` aria-describedby="${name}-error"`}><legend>${wording.label}</legend>
${described(name, wording.hint, error)}<div class="choices">${options}</div></fieldset>`;
}

/** What is at fault, on top of the form and first in focus; each entry leads to its field. */
export function errorSummary(title: string, { errors }: FormState): Html | null {
  const list = Object.entries(errors);
  if (list.length === 0) return null;
  const items = list.map(([name, error]) => html`<li><a href="#${name}">${error}</a></li>`);
  return html`<div class="note bad" role="alert" tabindex="-1" autofocus aria-labelledby="errors">
<h2 id="errors">${title}</h2><ul>${items}</ul></div>`;
}

function described(name: string, hint: string | undefined, error: string | undefined): Html {
  return html`${hint && html`<span class="hint" id="${name}-hint">${hint}</span>`}${
    error && html`<span class="error" id="${name}-error">${error}</span>`
  }`;
}

function state(name: string, hint: string | undefined, error: string | undefined): Html | false {
  const ids = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  if (!ids) return false;
  return html` aria-describedby="${ids}"${error && html` aria-invalid="true"`}`;
}
