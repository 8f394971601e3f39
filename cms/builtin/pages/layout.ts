import type { RequestHandler, Response } from 'express';
import { type Html, html, markupOf } from './html.ts';
import { STYLE, STYLE_SOURCE } from './style.ts';

/** What every page consists of. */
export interface PageContent {
  language: string;
  title: string;
  /** Above the page's own content; links and a way out. */
  header?: Html;
  main: Html;
  /** For text and forms, which long lines would make hard to read. */
  narrow?: boolean;
}

/** Nothing runs, nothing is loaded, nothing is framed, kept or told where the reader came from. */
export const pageHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; style-src ${STYLE_SOURCE}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex',
  });
  next();
};

/** Sends a page. */
export function sendPage(response: Response, status: number, content: PageContent): void {
  const { language, title, header, main, narrow } = content;
  const page = html`<body class="${narrow ? 'narrow' : 'broad'}">
${header && html`<header>${header}</header>`}
<main>${main}</main></body>`;
  response
    .status(status)
    .type('html')
    .send(`<!doctype html>
<html lang="${markupOf(language)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${markupOf(title)}</title><style>${STYLE}</style></head>
${markupOf(page)}</html>`);
}

/** A page that only says something. */
export function sendMessage(
  response: Response,
  status: number,
  language: string,
  { title, text }: { title: string; text: string },
  link?: Html,
): void {
  const main = html`<h1>${title}</h1><p>${text}</p>${link && html`<p>${link}</p>`}`;
  sendPage(response, status, { language, title, main, narrow: true });
}
