import { escapeHtml, layout } from './layout.ts';
import type { StoredMessage } from './messages.ts';

/** The pages of the inbox. Whatever comes from a mail is escaped; its HTML is only ever framed. */

export interface ListView {
  shown: StoredMessage[];
  total: number;
  page: number;
  pageSize: number;
  /** Recipient the list is narrowed to, or empty. */
  to: string;
}

/** The list of mails, newest first. */
export function listPage({ shown, total, page, pageSize, to }: ListView): string {
  const rows = shown.map(
    (message) => `<li><a href="/messages/${message.id}">
      <span class="subject">${escapeHtml(message.subject) || '(no subject)'}</span>
      <time datetime="${message.received_at}">${clock(message.received_at)}</time>
      <span class="who">${escapeHtml(message.from)} → ${escapeHtml(message.to.join(', '))}</span>
    </a></li>`,
  );
  const link = (target: number, label: string) =>
    `<a href="/?${new URLSearchParams({ ...(to && { to }), page: String(target) })}">${label}</a>`;
  const pages = [
    page > 1 ? link(page - 1, '← Newer') : '',
    page * pageSize < total ? link(page + 1, 'Older →') : '',
  ];
  const empty = `<p class="empty">${to ? 'No mail to this address.' : 'No mail has arrived yet.'} Reload to look again.</p>`;
  return layout(
    'Inbox',
    `<header><h1><a href="/">Tidings inbox</a></h1><p>${total} ${total === 1 ? 'mail' : 'mails'}${to ? ` to ${escapeHtml(to)}` : ''}</p></header>
    <form action="/" role="search"><input type="search" name="to" value="${escapeHtml(to)}" placeholder="Only mail to this address" aria-label="Recipient"><button>Show</button></form>
    ${rows.length > 0 ? `<ul class="mails">${rows.join('')}</ul>` : empty}
    <nav>${pages.join(' ')}</nav>`,
  );
}

/** One mail: its HTML in a sandbox, its text, headers and source. */
export function messagePage(message: StoredMessage): string {
  const rows = (pairs: [string, string][]) =>
    pairs
      .map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`)
      .join('');
  const summary = rows([
    ['From', message.from],
    ['To', message.to.join(', ')],
    ['Received', `${clock(message.received_at)} UTC`],
    ...message.attachments.map((file): [string, string] => [
      'Attachment',
      `${file.filename || '(unnamed)'} (${file.content_type}, ${file.size} bytes)`,
    ]),
  ]);
  const plain = `<pre>${escapeHtml(message.text)}</pre>`;
  const frame = `<iframe title="HTML of the mail" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/messages/${message.id}/html"></iframe>`;
  return layout(
    message.subject || '(no subject)',
    `<header><p><a href="/">← Tidings inbox</a></p><h1>${escapeHtml(message.subject) || '(no subject)'}</h1></header>
    <table>${summary}</table>
    ${message.html ? frame : plain}
    ${message.html && message.text ? `<details><summary>Text</summary>${plain}</details>` : ''}
    <details><summary>Headers</summary><table>${rows(Object.entries(message.headers))}</table></details>
    <details><summary>Source</summary><p><a href="/api/messages/${message.id}/raw">As a file of its own</a></p><pre>${escapeHtml(message.raw.toString('utf8').slice(0, 100_000))}</pre></details>`,
  );
}

/** Shown for an address that leads nowhere. */
export function missingPage(): string {
  return layout(
    'Not found',
    `<header><p><a href="/">← Tidings inbox</a></p><h1>Not found</h1></header>
    <p class="empty">There is no such page, or the mail is no longer kept.</p>`,
  );
}

function clock(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
