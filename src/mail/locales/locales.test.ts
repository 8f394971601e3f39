import { describe, expect, test } from 'vitest';
import { LOCALES } from './index.ts';

/** Every text with its path, so that languages can be laid side by side. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value ?? {}).flatMap(([key, item]) => texts(item, `${path}.${key}`));
}

const PLURAL_FORM = /\.(zero|one|two|few|many|other)$/;
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
const reference = new Map(texts(LOCALES[0]));

describe.each(LOCALES.map((locale) => [locale.language, locale] as const))('%s', (_, locale) => {
  const own = texts(locale);

  test('has no empty text', () => {
    expect(own.filter(([, text]) => !text.trim())).toEqual([]);
  });

  test('uses the same values as English in every sentence', () => {
    for (const [path, text] of own) {
      const english = reference.get(path) ?? reference.get(path.replace(PLURAL_FORM, '.other'));
      expect(places(text), path).toEqual(places(english ?? ''));
    }
  });

  test('only has plural forms its language knows', () => {
    const { pluralCategories } = new Intl.PluralRules(locale.language).resolvedOptions();
    const forms = own.flatMap(([path]) => PLURAL_FORM.exec(path)?.[1] ?? []);
    expect(pluralCategories).toEqual(expect.arrayContaining([...new Set(forms)]));
  });

  test('inflects every counted noun', () => {
    for (const forms of Object.values(locale.batch.headline.first))
      expect(forms.one).not.toBe(forms.other);
  });
});
