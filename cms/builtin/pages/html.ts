/** Markup that may be sent as it is. Only `html` makes it, and it escapes every value put into it. */
export interface Html {
  readonly [MARKUP]: string;
}

const MARKUP = Symbol('markup');

type Value = string | number | false | null | undefined | Html | readonly Value[];

/** Builds markup. Values are escaped; markup and lists of it are taken over; false and null are nothing. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return { [MARKUP]: String.raw({ raw: strings }, ...values.map(markupOf)) };
}

/** The text of a piece of markup, or of a value with everything escaped that HTML gives a meaning. */
export function markupOf(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  if (MARKUP in value) return value[MARKUP];
  return value.map(markupOf).join('');
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
