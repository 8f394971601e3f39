import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { type GalleryState, galleryStates } from '../test/support/mail-gallery.ts';

/**
 * The mail gallery: every template in every state, as HTML and text, light and dark, on a desk and
 * on a phone. Run it under `tsx watch`: a change restarts it, and open pages see another boot id
 * and reload. Port: `MAIL_PREVIEW_PORT`, else 8026.
 */

const BOOT = randomUUID();
const LIVE = `<script>new EventSource('/boot').onmessage = (event) => {
  if (event.data !== '${BOOT}') location.reload();
};</script>`;
const STYLE = `<style>:root{color-scheme:light dark;font:15px/1.5 system-ui}body{margin:24px}
table{border-collapse:collapse}td{padding:3px 18px 3px 0}nav a{margin-right:14px}
iframe{display:block;margin:16px 0;border:1px solid #8886;height:calc(100vh - 170px)}
pre{white-space:pre-wrap;max-width:80ch}</style>`;
const VIEWS = ['desk', 'phone', 'dark', 'dark-phone', 'text'] as const;

const states = galleryStates();
const server = createServer((request, response) => {
  answer(request.url ?? '/', response).catch((error: unknown) => {
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(error instanceof Error ? error.stack : String(error));
  });
});
server.listen(Number(process.env.MAIL_PREVIEW_PORT || 8026), '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object')
    console.log(`mail preview: http://127.0.0.1:${address.port}`);
});
server.on('error', (error) => {
  console.error(`mail preview cannot listen: ${error.message}. Set MAIL_PREVIEW_PORT.`);
  process.exitCode = 1;
});

async function answer(url: string, response: ServerResponse): Promise<void> {
  const [, id = '', view = 'desk'] = new URL(url, 'http://localhost').pathname.split('/');
  if (id === 'boot') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`retry: 500\ndata: ${BOOT}\n\n`);
    return;
  }
  const state = states.find((known) => known.id === id);
  if (id && !state) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('No such mail.');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(state ? await page(state, view) : index());
}

async function page(state: GalleryState, view: string): Promise<string> {
  const { subject, html, text } = await state.render();
  if (view === 'raw-light' || view === 'raw-dark') return inScheme(html ?? '', view);
  const links = VIEWS.map((name) => `<a href="/${state.id}/${name}">${name}</a>`).join('');
  const scheme = view.startsWith('dark') ? 'dark' : 'light';
  const width = view.endsWith('phone') ? '375px' : '800px';
  const body =
    view === 'text' || html === null
      ? `<pre dir="auto">${escaped(text)}</pre>`
      : `<iframe title="mail" src="/${state.id}/raw-${scheme}" style="width:${width}"></iframe>`;
  return `<!doctype html><meta charset="utf-8"><title>${state.id}</title>${STYLE}
<nav><a href="/">All mails</a>${links}</nav><h2>${escaped(subject)}</h2>${body}${LIVE}`;
}

/** Shows one scheme whatever the browser prefers, which a frame cannot be told. */
function inScheme(html: string, view: string): string {
  return html.replace('(prefers-color-scheme: dark)', view === 'raw-dark' ? 'all' : 'not all');
}

function index(): string {
  const rows = states.map((state) => {
    const views = VIEWS.map((view) => `<td><a href="/${state.id}/${view}">${view}</a></td>`);
    const name = `${state.template}: ${state.state} (${state.language})`;
    return `<tr><td>${escaped(name)}</td>${views.join('')}</tr>`;
  });
  return `<!doctype html><meta charset="utf-8"><title>Mails</title>${STYLE}
<h1>Mails</h1><table>${rows.join('')}</table>${LIVE}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
