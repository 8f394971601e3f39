import { appLink } from './app-link.ts';
import { subjectLine } from './subject-line.ts';
import { type RenderedMail, templateOf } from './templates.ts';
import { shortMessage, shortName } from './untrusted-text.ts';
import { wordingFor } from './wording.ts';

export type AlertKind =
  | 'correction_failed'
  | 'correction_conflict'
  | 'correction_brake'
  | 'restore_failed'
  | 'email_failed'
  | 'email_unknown'
  | 'quota_exceeded'
  | 'queue_failed'
  | 'store_misconfigured';

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

/** Where each kind of subject lives in the web application: the segments of its path. */
const PAGES: Record<AlertKind, (subject: string) => string[]> = {
  correction_failed: (id) => ['corrections', id],
  correction_conflict: (id) => ['corrections', id],
  correction_brake: (scope) => ['corrections', 'brakes', scope],
  restore_failed: (id) => ['corrections', id],
  email_failed: (id) => ['emails', id],
  email_unknown: (id) => ['emails', id],
  quota_exceeded: (company) => ['companies', company],
  queue_failed: (name) => ['queues', name],
  // It is about a store, which has no page; what waits for it has.
  store_misconfigured: () => ['corrections'],
};

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
    details: given,
    link: appLink(mail.app_url, ...PAGES[mail.kind](mail.subject)),
    open: words.open,
    why: words.why,
    zone: wording.fill(zone, { zone: wording.zone }),
  };
}
