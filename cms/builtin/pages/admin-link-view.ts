import { linkCard, ownerFields, type PersonLinkView } from './admin-edit-view.ts';
import { adminPage, csrfField } from './admin-layout.ts';
import { errorSummary, type FormState } from './form-fields.ts';
import { html } from './html.ts';
import type { PageContent } from './layout.ts';

/** The page that makes the link of a person, who need not have preferences yet. */
export function linkPage(csrf: string, form: FormState, link: PersonLinkView | null): PageContent {
  const main = html`<h1>Link for a person</h1>
<p>With it people change their own preferences, whether or not they have any yet.</p>
${errorSummary('There is no link yet', form)}
${link && linkCard(link)}
<form method="post" action="/admin/link" novalidate>${csrfField(csrf)}
${ownerFields(form)}<div class="actions"><button>Make the link</button></div></form>`;
  const faulty = Object.keys(form.errors).length > 0;
  const title = `${faulty ? 'Error: ' : ''}Link for a person`;
  return adminPage(csrf, '/admin/link', { title, main, narrow: true });
}
