import type { AlertKind } from '../locales/locale.ts';
import { LEADS } from './alert-routes.ts';
import { appLink } from './app-link.ts';
import { subjectLine } from './subject-line.ts';
import { type RenderedMail, templateOf } from './templates.ts';
import { shortMessage, shortName } from './untrusted-text.ts';
import { wordingFor } from './wording.ts';

/** Something that failed for good and needs an operator. */
export interface AlertMail {
  kind: AlertKind;
  /** What it is about, as routes name it: a row's id, a scope, a company, a queue, a store. */
  subject: string;
  since: Date;
  reason: string;
  details: { label: string; value: string }[];
  app_url?: string;
  locale?: string | null;
  timezone?: string | null;
}

interface AlertView {
  lang: string;
  subject: string;
  preheader: string;
  title: string;
  since: string;
  sections: { reason: string; action: string; details: string };
  reason: string;
  action: string;
  details: { label: string; value: string }[];
  link: string | null;
  open: string;
  why: string;
  zone: string;
}

/** The most detail rows an alert shows: more than anybody reads, few enough for any client. */
const DETAILS = 30;
const REASON_LIMIT = { characters: 1000, bytes: 3000 };

const template = templateOf<AlertView>('error-alert');

/** The mail that tells operators what failed for good, since when, and what to do. */
export async function renderErrorAlert(mail: AlertMail): Promise<RenderedMail> {
  const { html, text } = await template();
  const view = alertView(mail);
  return { subject: view.subject, html: html(view), text: text(view) };
}

function alertView(mail: AlertMail): AlertView {
  const wording = wordingFor(mail);
  const { alert: words, alerts, language, zone } = wording.locale;
  const { title, action } = alerts[mail.kind];
  const { page, requests: requestsOf } = LEADS[mail.kind];
  const requests = requestsOf(shortName(mail.subject)).map((request) => ({
    label: words.request,
    value: request,
  }));
  const reason = shortMessage(mail.reason, REASON_LIMIT);
  const given = mail.details.slice(0, DETAILS).map(({ label, value }) => ({
    label: shortName(label),
    value: shortMessage(value),
  }));
  return {
    lang: language,
    subject: subjectLine(`${title}: ${shortName(mail.subject)}`),
    preheader: shortMessage(reason),
    title,
    since: `${words.since} ${wording.dateTime(mail.since)}`,
    sections: { reason: words.reason, action: words.action, details: words.details },
    reason,
    action,
    details: [...given, ...requests],
    link: appLink(mail.app_url, ...page(mail.subject)),
    open: words.open,
    why: words.why,
    zone: wording.fill(zone, { zone: wording.zone }),
  };
}
