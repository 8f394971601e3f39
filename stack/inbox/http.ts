import express, { type Express, type Request } from 'express';
import { type Mailbox, withoutRaw } from './messages.ts';
import { listPage, messagePage, missingPage } from './pages.ts';

/** The inbox over HTTP: a JSON API for programs and pages for people. */

/** Mails shown on one page of the list. */
const PAGE_SIZE = 100;

/** A mail is a stranger's document: it may draw itself and nothing else. */
const MAIL_POLICY =
  "default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox";
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:";

/** Builds the HTTP side of a mailbox. */
export function inboxApp(mailbox: Mailbox): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set({ 'Content-Security-Policy': PAGE_POLICY, 'X-Content-Type-Options': 'nosniff' });
    next();
  });

  app.get('/api/messages', (request, response) => {
    response.json({ data: mailbox.list(text(request, 'to')).map(withoutRaw) });
  });
  app.delete('/api/messages', (_request, response) => {
    mailbox.clear();
    response.status(204).end();
  });
  app.get('/api/messages/:id', (request, response) => {
    const message = mailbox.find(request.params.id);
    if (message) response.json({ data: withoutRaw(message) });
    else response.status(404).json({ title: 'No such message', status: 404 });
  });
  app.get('/api/messages/:id/raw', (request, response) => {
    const message = mailbox.find(request.params.id);
    if (message) response.type('text/plain').send(message.raw);
    else response.status(404).json({ title: 'No such message', status: 404 });
  });

  app.get('/', (request, response) => {
    const to = text(request, 'to') ?? '';
    const page = Math.max(1, Math.trunc(Number(text(request, 'page'))) || 1);
    const all = mailbox.list(to);
    const shown = all.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
    response.send(listPage({ shown, total: all.length, page, pageSize: PAGE_SIZE, to }));
  });
  app.get('/messages/:id', (request, response) => {
    const message = mailbox.find(request.params.id);
    response.status(message ? 200 : 404).send(message ? messagePage(message) : missingPage());
  });
  app.get('/messages/:id/html', (request, response) => {
    const message = mailbox.find(request.params.id);
    response.set('Content-Security-Policy', MAIL_POLICY).type('html');
    // Links would otherwise open inside the frame.
    response.status(message ? 200 : 404).send(`<base target="_blank">${message?.html ?? ''}`);
  });
  app.use((_request, response) => {
    response.status(404).send(missingPage());
  });
  return app;
}

function text(request: Request, name: string): string | undefined {
  const value = request.query[name];
  return typeof value === 'string' ? value : undefined;
}
