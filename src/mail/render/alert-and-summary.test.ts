import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALERT_MAILS, SUMMARY_MAILS } from '../../../test/support/alert-and-summary-fixtures.ts';
import { parseHtml } from '../../../test/support/html-text.ts';
import { UNSUBSCRIBE_URL } from '../../../test/support/mail-fixtures.ts';
import { alertMail } from '../../workers/alert.ts';
import { LOCALES } from '../locales/index.ts';
import { renderErrorAlert } from './error-alert.ts';
import { renderSummary } from './summary.ts';

const OPENAPI = JSON.parse(
  readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'),
) as { paths: Record<string, Record<string, { parameters: { name: string }[] }>> };

const flat = (text: string) => text.replace(/\s+/g, ' ');

describe.each(LOCALES.map((locale) => [locale.language, locale] as const))(
  'alerts, %s',
  (tag, locale) => {
    test.each(Object.values(ALERT_MAILS))(
      '$kind says what, since when and what to do',
      async (mail) => {
        const { subject, html, text } = await renderErrorAlert({ ...mail, locale: tag });
        const { title, action } = locale.alerts[mail.kind];
        expect(subject).toBe(`${title}: ${mail.subject}`);
        for (const body of [
          flat(text),
          parseHtml(html ?? '')
            .texts.map((part) => part.text)
            .join(' '),
        ]) {
          expect(body).toContain(title);
          expect(body).toContain(action);
          expect(body).toContain(locale.alert.since);
          expect(body).toContain('9:15');
        }
        expect(html).toContain(`lang="${tag}"`);
      },
    );
  },
);

test.each([
  ['correction_failed', 'corrections/12'],
  ['correction_conflict', 'corrections/12'],
  ['correction_brake', 'corrections/brakes/company%3A42'],
  ['restore_failed', 'corrections/12'],
  ['email_failed', 'emails/1842'],
  ['email_unknown', 'emails/1842'],
  ['quota_exceeded', 'companies/7'],
  ['queue_failed', 'queues/cms-write-back'],
  ['job_refused', 'queues/file-events'],
  ['store_misconfigured', 'corrections'],
] as const)('%s links to what it is about', async (kind, path) => {
  const { html, text } = await renderErrorAlert(ALERT_MAILS[kind]);
  const link = `https://bots.example.com/${path}`;
  expect(html).toContain(`href="${link}"`);
  expect(text.split('\n')).toContain(link);
});

const ADVISED = Object.values(ALERT_MAILS).filter(({ kind }) => kind !== 'job_refused');

test.each(ADVISED)('$kind names requests that the API takes', async (mail) => {
  const { html, text } = await renderErrorAlert({ ...mail, app_url: undefined });
  const requests = flat(text).match(/Request: (GET|POST) (\S+)/g) ?? [];
  expect(requests.length).toBeGreaterThan(0);
  const shown = parseHtml(html ?? '').texts.map((part) => part.text);
  for (const request of requests) {
    const [, method, url] = request.split(' ') as [string, string, string];
    expect(shown.some((line) => line.startsWith(`${method} ${url}`))).toBe(true);
    const [path, query] = url.split('?') as [string, string?];
    const operation = Object.entries(OPENAPI.paths)
      .filter(([route]) => new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`).test(path))
      .map(([, methods]) => methods[method.toLowerCase()])
      .find(Boolean);
    expect([request, operation]).toEqual([request, expect.anything()]);
    const names = operation?.parameters.map(({ name }) => name);
    for (const [name] of new URLSearchParams(query)) expect(names).toContain(name);
  }
});

test('an alert that an older release wrote is about the same', async () => {
  const written = {
    kind: 'correction_failed',
    subjectId: '12-3',
    since: '2026-11-20T08:15:00Z',
    reason: 'S3 refused the delete',
    details: [{ label: 'Correction', value: '12' }],
  };
  const { subject, text } = await renderErrorAlert(alertMail(written, 'https://bots.example.com'));
  expect(subject).toBe('Clean-up gave up: 12');
  expect(text).toContain('https://bots.example.com/corrections/12\n');
});

describe('summaries', () => {
  test('count the period and list its reports', async () => {
    const { subject, html, text } = await renderSummary(SUMMARY_MAILS.week!);
    expect(subject).toBe('Your week: 18 files ready, 2 failed, 1 in progress');
    expect(text).toMatch(/November 16\s–\s22, 2026/);
    for (const body of [text, html]) {
      expect(body).toContain('https://bots.example.com/batches/batch-1');
      expect(body).toContain('Scan 0007.pdf');
    }
  });

  test('a quiet week says so', async () => {
    const { subject, text } = await renderSummary(SUMMARY_MAILS.quiet!);
    expect(subject).toBe('Your week in files');
    expect(text).toContain('No files were reported');
  });

  test.each(LOCALES)('offer to stop the mails, $language', async (locale) => {
    const { preferences, ...mail } = SUMMARY_MAILS.quiet!;
    const spoken = { ...preferences, locale: locale.language };
    const { html, text } = await renderSummary({ ...mail, preferences: spoken });
    expect(html).toContain(`>${locale.unsubscribe.action}</a>`);
    expect(parseHtml(html ?? '').links).toEqual([UNSUBSCRIBE_URL]);
    expect(text).toContain(`\n${locale.unsubscribe.action}:\n${UNSUBSCRIBE_URL}\n`);
  });

  test('say what they leave out and stay small', async () => {
    const { html, text } = await renderSummary(SUMMARY_MAILS.busy!);
    expect(text).toContain('and 286 more reports');
    expect(text).toContain('and 875 more');
    expect(Buffer.byteLength(html ?? '')).toBeLessThan(100_000);
  });
});
