import type { Request } from 'express';
import { numericIdText, pageQuery } from '../../../src/contracts/cms-lists.ts';
import { storable } from '../../../src/contracts/text.ts';
import { listPage } from './admin-list-view.ts';
import { formValues } from './form-values.ts';
import type { PageContent } from './layout.ts';
import { namesOf } from './names.ts';
import type { PageParts } from './parts.ts';

const DONE: Record<string, string> = {
  added: 'The preferences were added.',
  saved: 'The preferences were saved. They apply at once.',
  deleted: 'The preferences were deleted. The defaults of the company apply now.',
};

/** The list of an admin: whatever of its filter cannot be read is said and left out. */
export async function listFor(
  { db, preferences }: PageParts,
  query: Request['query'],
  csrf: string,
): Promise<PageContent> {
  const typed = formValues(query);
  const { user_email = '', company_id = '', bot_id = '' } = typed;
  const company = number('company_id', company_id);
  const bot = number('bot_id', bot_id);
  const filter = { user_email, company_id, bot_id };
  const page = pageQuery.catch(pageQuery.parse({})).parse({ page: typed.page || undefined });
  const { rows, total } = await preferences.list(
    {
      company_id: company.value,
      bot_id: bot.value,
      address_part: storable(user_email.trim()) || undefined,
    },
    page,
  );
  const names = await namesOf(db, rows);
  const errors = { ...company.error, ...bot.error };
  const done = DONE[typed.done ?? ''] ?? null;
  return listPage({ rows, total, page, names, filter, errors, done, csrf });
}

function number(name: string, text: string): { value?: number; error?: Record<string, string> } {
  if (!text.trim()) return {};
  const { success, data } = numericIdText.safeParse(text.trim());
  return success ? { value: data } : { error: { [name]: 'A whole number from 1' } };
}
