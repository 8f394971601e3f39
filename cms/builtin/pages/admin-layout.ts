import { type Html, html } from './html.ts';
import type { PageContent } from './layout.ts';

/** Where an admin is; the entry is marked in the header. */
type Section = '/admin/preferences' | '/admin/preferences/new' | '/admin/link';

const SECTIONS: Record<Section, string> = {
  '/admin/preferences': 'Preferences',
  '/admin/preferences/new': 'Add',
  '/admin/link': 'Make a link',
};

/** A page for admins: English, with the way to the others and out. */
export function adminPage(
  csrf: string,
  here: Section | null,
  page: { title: string; main: Html; narrow?: boolean },
): PageContent {
  const links = Object.entries(SECTIONS).map(
    ([path, name]) =>
      html`<a href="${path}"${path === here && html` aria-current="page"`}>${name}</a>`,
  );
  const header = html`<nav aria-label="Pages">${links}</nav>
<form method="post" action="/admin/logout">${csrfField(csrf)}<button class="quiet">Log out</button></form>`;
  const title = `${page.title} · Notification preferences`;
  return { ...page, language: 'en', title, header };
}

/** The proof that a form is ours. */
export function csrfField(csrf: string): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">`;
}
