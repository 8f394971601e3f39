import type { Request } from 'express';
import type { Wording } from './wording.ts';
import { german } from './wording-de.ts';
import { english } from './wording-en.ts';

const WORDINGS = [english, german];

/** The wording in a person's own language, else in one their browser asks for, else in English. */
export function wordingFor(locale: string | null | undefined, request: Request): Wording {
  const own = locale?.toLowerCase().split('-', 1)[0];
  const asked = request.acceptsLanguages(WORDINGS.map(({ language }) => language));
  return WORDINGS.find(({ language }) => language === (own ?? asked)) ?? english;
}
