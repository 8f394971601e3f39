import { Problem } from '../problem.ts';
import type { FormState } from './form-fields.ts';
import type { FieldWording } from './wording.ts';

const DATA = /^data\.([a-z_]+)/;

/**
 * What a refused form says at each field, in the page's own words.
 * @param fields the form's fields, in its order
 * @throws the error again where it is about no field of the form
 */
export function formErrors(
  error: unknown,
  fields: Record<string, FieldWording>,
): FormState['errors'] {
  if (!(error instanceof Problem) || error.status !== 400) throw error;
  const faulty = new Set((error.errors ?? []).map(({ path }) => DATA.exec(path)?.[1]));
  const found = Object.entries(fields).filter(([name]) => faulty.has(name));
  if (found.length === 0) throw error;
  return Object.fromEntries(found.map(([name, wording]) => [name, wording.error]));
}
