import { describe, expect, it } from 'vitest';
import { LOCALES } from '../../src/mail/locales/index.ts';
import { ANN, cmsPages, PREFERENCES, SETTINGS } from '../support/cms-visitor.ts';
import { parseHtml } from '../support/html-text.ts';
import { NAUGHTY_STRINGS } from '../support/naughty-strings.ts';

/** The pages as somebody meets them who has no good intentions. */

const pages = cmsPages();
const { linkOf, rowOf, visitor, admin } = pages;

describe('a link', () => {
  it('becomes a cookie that scripts and other sites cannot use, and leaves the address', async () => {
    const browser = visitor();
    const entered = await browser.ask(linkOf());
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/preferences');
    expect(entered.set).toMatch(/^tidings-person=.*; Path=\/; .*HttpOnly; SameSite=Lax$/);
    const page = await browser.ask('/preferences');
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^' ]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(parseHtml(page.text).elements).not.toContain('script');
  });

  it.each([
    ['cut off', () => linkOf().slice(0, -4), 404],
    ['signed by somebody else', () => linkOf(ANN, new Date(), 'another secret of theirs'), 404],
    ['eight days old', () => linkOf(ANN, new Date(Date.now() - 8 * 86_400_000)), 410],
    ['given twice', () => `${linkOf()}&token=x`, 404],
    ['missing', () => '/preferences/link', 404],
  ])('that is %s lets nobody in', async (_what, link, status) => {
    const browser = visitor();
    expect((await browser.ask(link())).status).toBe(status);
    expect(browser.cookie()).toBe('');
    expect((await browser.ask('/preferences')).status).toBe(401);
  });

  it.each([
    ['en', 'With layout (HTML)', 'with your personal link; it stays open for an hour'],
    ['de', 'Mit Gestaltung (HTML)', 'mit Ihrem persönlichen Link; sie bleibt eine Stunde lang'],
  ])('opens a page that names the languages there are, %s', async (lang, format, stranger) => {
    const browser = visitor();
    await browser.ask(linkOf());
    const page = async (cookie: string) => {
      const headers = { cookie, 'accept-language': lang };
      return (await fetch(`${pages.cms.url}/preferences`, { headers })).text();
    };
    const text = await page(browser.cookie());
    expect(text).toContain(`lang="${lang}"`);
    const hint = /id="locale-hint"[^>]*>([^<]*)/.exec(text)?.[1] ?? '';
    expect(hint.match(/(?<=\()\w+(?=\))/g)).toEqual(LOCALES.map(({ language }) => language));
    expect(text).toContain(format);
    expect(await page('')).toContain(stranger);
  });

  it('is good for its own person only, and for no admin', async () => {
    const browser = visitor();
    await browser.ask(linkOf());
    const csrf = await browser.csrf('/preferences');
    const others = { company: '9', bot: '9', user_email: 'bob@example.com', company_id: '9' };
    expect((await browser.ask('/preferences', { ...SETTINGS, ...others, csrf })).status).toBe(303);
    expect(await rowOf('bob@example.com')).toBeUndefined();
    expect(await rowOf('ann@example.com')).toMatchObject({ company: { id: 1 }, bot: { id: 1 } });
    const tried = await browser.ask('/admin/preferences');
    expect([tried.status, tried.headers.get('location')]).toEqual([303, '/admin/login']);
    const cookie = browser.cookie().replace('tidings-person', 'tidings-admin');
    const answer = await fetch(`${pages.cms.url}/admin/preferences`, {
      headers: { cookie },
      redirect: 'manual',
    });
    expect(answer.status).toBe(303);
  });

  it('saved from many windows at once makes one row', async () => {
    const owner = { ...ANN, user_email: 'windows@example.com' };
    const browser = visitor();
    await browser.ask(linkOf(owner));
    const csrf = await browser.csrf('/preferences');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => browser.ask('/preferences', { ...SETTINGS, csrf })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    const { body } = await pages.cms.call('GET', `${PREFERENCES}?user_email=windows@example.com`);
    expect(body.meta.pagination.total).toBe(1);
  });
});

describe('a form', () => {
  it.each(['', 'forged', 'x'.repeat(43)])('with the proof "%s" changes nothing', async (csrf) => {
    const owner = { ...ANN, user_email: 'forged@example.com' };
    const person = visitor();
    await person.ask(linkOf(owner));
    expect((await person.ask('/preferences', { ...SETTINGS, csrf })).status).toBe(403);
    expect(await rowOf('forged@example.com')).toBeUndefined();
    const browser = await admin();
    const form = { ...SETTINGS, company: '1', bot: '1', user_email: 'forged@example.com', csrf };
    expect((await browser.ask('/admin/preferences', form)).status).toBe(403);
    expect((await browser.ask('/admin/link', form)).status).toBe(403);
    expect((await browser.ask('/admin/logout', { csrf })).status).toBe(403);
    expect(await rowOf('forged@example.com')).toBeUndefined();
  });

  it('that is too large or nonsense is a 4xx', async () => {
    const browser = await admin();
    const csrf = await browser.csrf('/admin/preferences/new');
    const large = { csrf, user_email: 'x'.repeat(40_000) };
    expect((await browser.ask('/admin/preferences', large)).status).toBe(413);
    const odd = { csrf, user_email: '\u0000', company: '1e9', bot: '99999999999', ...SETTINGS };
    expect((await browser.ask('/admin/preferences', odd)).status).toBe(422);
    for (const path of ['/admin/preferences/%00', '/admin/preferences/none', '/admin/nowhere'])
      expect((await browser.ask(path)).status).toBe(404);
    for (const page of ['0', '-1', 'x', '99999999999'])
      expect((await browser.ask(`/admin/preferences?page=${page}`)).status).toBe(200);
    expect((await browser.ask('/admin/preferences?page=1&page=2&user_email=%00')).status).toBe(200);
  });
});

it('nothing anybody typed becomes markup', async () => {
  const browser = await admin();
  const csrf = await browser.csrf('/admin/preferences/new');
  const known = parseHtml((await browser.ask('/admin/preferences/new')).text);
  const safe = new Set([
    ...known.elements,
    'p',
    'h2',
    'ul',
    'li',
    'b',
    'small',
    'table',
    'caption',
  ]);
  for (const tag of ['thead', 'tbody', 'tr', 'th', 'td', 'section', 'textarea']) safe.add(tag);
  const inert = (text: string) => {
    const { elements, attributes, links } = parseHtml(text);
    expect(elements.filter((name) => !safe.has(name))).toEqual([]);
    expect(attributes.filter((name) => /^\S+ on/.test(name))).toEqual([]);
    expect(links.filter((to) => !/^(#[\w-]+|\/(admin|preferences)[^"'<>]*)$/.test(to))).toEqual([]);
  };
  for (const nasty of NAUGHTY_STRINGS) {
    const name = nasty.toWellFormed().slice(0, 255);
    await pages.cms.call('PUT', '/api/companies/1', { data: { name } });
    await pages.cms.call('PUT', '/api/bots/1', { data: { name } });
    inert(
      (await browser.ask(`/admin/preferences?${new URLSearchParams({ user_email: nasty })}`)).text,
    );
    inert((await browser.ask('/admin/preferences?company_id=1')).text);
    const form = Object.fromEntries(
      [...Object.keys(SETTINGS), 'locale', 'timezone', 'user_email', 'company'].map((key) => [
        key,
        nasty,
      ]),
    );
    const refused = await browser.ask('/admin/preferences', { ...form, csrf });
    expect(refused.status).toBe(422);
    inert(refused.text);
  }
  const data = { company: 1, bot: 1, user_email: "o'brien@example.com" };
  const made = await pages.cms.call('POST', PREFERENCES, { data });
  expect(made.status).toBe(201);
  const path = `/admin/preferences/${made.body.data.documentId}`;
  for (const page of [path, `${path}/delete`]) inert((await browser.ask(page)).text);
});
