import postgres from 'postgres';
import { describe, expect, it, vi } from 'vitest';
import { cuttable, PAGE_SECRET, runCms, TOKEN } from '../support/builtin-cms.ts';
import { ANN, cmsPages } from '../support/cms-visitor.ts';

/** Who gets into the pages, what is written down of it, and when nobody does. */

const WITHIN = { timeout: 20_000, interval: 50 };
const pages = cmsPages();
const { linkOf, visitor, admin } = pages;

describe('the login', () => {
  it('takes any token of the CMS, and its session ends with the token', async () => {
    const first = await admin('other-token');
    const second = await admin();
    const rotated = await runCms(pages.databaseUrl, { apiTokens: [TOKEN] });
    const statusOf = async (browser: typeof first) =>
      (
        await fetch(`${rotated.url}/admin/preferences`, {
          headers: { cookie: browser.cookie() },
          redirect: 'manual',
        })
      ).status;
    expect([await statusOf(first), await statusOf(second)]).toEqual([303, 200]);
    await rotated.close();
  });

  it('slows down whoever guesses, and nobody who is in', async () => {
    const own = await runCms(pages.databaseUrl);
    const inside = await admin(TOKEN, own.url);
    const guesser = visitor(own.url);
    const tries = [];
    for (let times = 0; times < 12; times += 1)
      tries.push((await guesser.ask('/admin/login', { token: `guess ${times}` })).status);
    expect(tries).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await guesser.ask('/admin/login', { token: TOKEN })).status).toBe(429);
    expect((await inside.ask('/admin/preferences')).status).toBe(200);
    await own.close();
  });

  it('behind https uses cookies that only https carries', async () => {
    const own = await runCms(pages.databaseUrl, {
      pages: { secrets: [PAGE_SECRET], publicUrl: 'https://cms.example.com/' },
    });
    const browser = visitor(own.url);
    const { set } = await browser.ask('/admin/login', { token: TOKEN });
    expect(set).toMatch(/^__Host-tidings-admin=.*; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/);
    const csrf = await browser.csrf('/admin/link');
    const { text } = await browser.ask('/admin/link', {
      csrf,
      company: '1',
      bot: '1',
      user_email: 'Ann@Example.com',
    });
    expect(text).toContain('>https://cms.example.com/preferences/link?token=1.');
    await own.close();
  });
});

it('visits are recorded, with neither tokens nor addresses', async () => {
  const browser = visitor();
  await browser.ask(linkOf({ ...ANN, user_email: 'private@example.com' }));
  await browser.ask('/preferences');
  await (await admin()).ask('/admin/preferences?user_email=private@example.com');
  await visitor().ask('/admin/login', { token: 'secret-guess' });
  const sql = postgres(pages.databaseUrl, { max: 1 });
  await vi
    .waitFor(async () => {
      const rows = await sql`select key_kind, method, path, status from access_log`;
      expect(rows).toEqual(
        expect.arrayContaining([
          { key_kind: 'person page', method: 'GET', path: '/preferences/link', status: 303 },
          { key_kind: 'person page', method: 'GET', path: '/preferences', status: 200 },
          { key_kind: 'admin page', method: 'GET', path: '/admin/preferences', status: 200 },
          { key_kind: 'invalid', method: 'POST', path: '/admin/login', status: 401 },
        ]),
      );
      expect(JSON.stringify(rows)).not.toMatch(/private|token=|secret/);
    }, WITHIN)
    .finally(() => sql.end());
});

it('without a secret there are no pages; while the database is away they say so', async () => {
  const bare = await runCms(pages.databaseUrl, { pages: undefined });
  expect((await fetch(`${bare.url}/admin/login`)).status).toBe(401);
  await bare.close();
  const wire = await cuttable(pages.databaseUrl);
  const wired = await runCms(wire.url);
  const browser = await admin(TOKEN, wired.url);
  const person = visitor(wired.url);
  await person.ask(new URL(linkOf()).pathname + new URL(linkOf()).search);
  await wire.cut();
  await vi.waitFor(async () => {
    const answers = [await browser.ask('/admin/preferences'), await person.ask('/preferences')];
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(answers[0]!.text).toContain('The database of the CMS cannot be reached');
    expect(answers[1]!.text).toContain('Please try again in a minute');
  }, WITHIN);
  await wired.close();
});
