import type { Page } from '../../../src/contracts/cms-lists.ts';
import type { PreferenceAnswer } from '../preference-record.ts';
import { adminPage } from './admin-layout.ts';
import type { FormValues } from './form-values.ts';
import { type Html, html } from './html.ts';
import type { PageContent } from './layout.ts';
import type { Names } from './names.ts';
import { english } from './wording-en.ts';

/** What the list shows. */
export interface ListView {
  rows: PreferenceAnswer[];
  total: number;
  page: Page;
  names: Names;
  /** The filter as it was typed, and what is wrong with it. */
  filter: FormValues;
  errors: Record<string, string>;
  /** What has just been done. */
  done: string | null;
  csrf: string;
}

/** Everybody's preferences, filtered and in pages. */
export function listPage(view: ListView): PageContent {
  const { rows, total, done, csrf } = view;
  const main = html`<h1>Notification preferences</h1>
${done && html`<div class="note good" role="status"><p>${done}</p></div>`}
${filterForm(view)}
${rows.length > 0 ? table(view) : html`<p>${total === 0 ? 'Nobody has preferences that match.' : 'There is nothing on this page.'}</p>`}
${paging(view)}`;
  return adminPage(csrf, '/admin/preferences', { title: 'Preferences', main });
}

function filterForm({ filter, errors }: ListView): Html {
  const field = (name: string, label: string, digits: boolean) => {
    const error = errors[name];
    return html`<div class="field"><label for="${name}">${label}</label>
${error && html`<span class="error" id="${name}-error">${error}</span>`}
<input type="text" id="${name}" name="${name}" value="${filter[name] ?? ''}" autocomplete="off"
${digits && html` inputmode="numeric"`}${error && html` aria-invalid="true" aria-describedby="${name}-error"`}></div>`;
  };
  const any = Object.values(filter).some(Boolean);
  return html`<form method="get" action="/admin/preferences" role="search" class="card">
<div class="row">${field('user_email', 'E-mail contains', false)}${field('company_id', 'Company number', true)}${field('bot_id', 'Bot number', true)}</div>
<div class="actions"><button>Filter</button>${any && html`<a href="/admin/preferences">Show everybody</a>`}</div></form>`;
}

function table({ rows, total, page, names }: ListView): Html {
  const first = (page.page - 1) * page.pageSize + 1;
  return html`<table><caption>${first} to ${first + rows.length - 1} of ${total}</caption>
<thead><tr><th scope="col">Person</th><th scope="col">Told</th><th scope="col" class="wide">Format</th></tr></thead>
<tbody>${rows.map((row) => tableRow(row, names))}</tbody></table>`;
}

function tableRow(row: PreferenceAnswer, names: Names): Html {
  const told = row.notification_enabled
    ? html`after ${row.notification_delay_minutes} min<small>or ${row.batch_size_threshold} ${row.batch_size_threshold === 1 ? 'file' : 'files'}</small>`
    : html`<span class="off">not at all</span>`;
  const { company: byCompany, bot: byBot } = english.numbered;
  const company = names.company(row.company.id) ?? byCompany(row.company.id);
  const bot = names.bot(row.bot.id) ?? byBot(row.bot.id);
  return html`<tr><th scope="row"><a href="/admin/preferences/${row.documentId}">${row.user_email}</a>
<small>${company} · ${bot}</small></th>
<td>${told}</td><td class="wide">${row.email_format === 'html' ? 'designed' : 'plain text'}<small>${row.locale}</small></td></tr>`;
}

function paging({ page, total, filter }: ListView): Html | null {
  const last = Math.max(1, Math.ceil(total / page.pageSize));
  if (last === 1 && page.page === 1) return null;
  const to = (number: number) =>
    `/admin/preferences?${new URLSearchParams({ ...filter, page: String(number) })}`;
  return html`<nav class="actions" aria-label="Pages of the list">
${page.page > 1 && html`<a class="button" href="${to(Math.min(page.page - 1, last))}" rel="prev">Previous</a>`}
<span>Page ${page.page} of ${last}</span>
${page.page < last && html`<a class="button" href="${to(page.page + 1)}" rel="next">Next</a>`}</nav>`;
}
