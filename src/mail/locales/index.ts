import { de } from './de.ts';
import { en } from './en.ts';
import type { Locale } from './locale.ts';

/** Every language a mail can be written in. */
export const LOCALES: readonly Locale[] = [en, de];

/**
 * The language for a person's BCP 47 tag (`de`, `de-AT`, also with an underscore), and the tag their
 * dates and numbers follow: the full tag where its language is spoken here, else English for both.
 */
export function chooseLocale(tag: string | null | undefined): { locale: Locale; region: string } {
  const wanted = canonical(tag);
  const language = wanted && new Intl.Locale(wanted).language;
  const locale = LOCALES.find((known) => known.language === language);
  return locale && wanted ? { locale, region: wanted } : { locale: en, region: en.language };
}

function canonical(tag: string | null | undefined): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag?.replaceAll('_', '-') ?? undefined)[0];
  } catch {
    return undefined;
  }
}
