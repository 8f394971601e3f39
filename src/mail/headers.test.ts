import { describe, expect, it } from 'vitest';
import { readUnsubscribeLink } from '../domain/unsubscribe-link.ts';
import { mailHeaders } from './headers.ts';
import { unsubscribeUrl } from './unsubscribe-url.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const SECRETS = ['the newest secret there is', 'an older one of them'];
const config = {
  FROM_EMAIL: 'Tidings <tidings@Mail.example.com>',
  PUBLIC_URL: 'https://tidings.example.com/mail/',
  LINK_SECRET: SECRETS,
  UNSUBSCRIBE_LINK_DAYS: 90,
};
const mail = {
  id: 42,
  email_type: 'batch_completion',
  company_id: 3,
  bot_id: 7,
  recipient_email: 'ann@example.org',
  rendered_at: null,
};
const headersOf = (changes: object = {}, settings: object = {}) =>
  mailHeaders({ ...mail, ...changes }, { ...config, ...settings }, NOW);

describe('headers of a mail', () => {
  it('says that it is automatic and whom to count complaints for', () => {
    expect(headersOf()).toMatchObject({
      'Auto-Submitted': 'auto-generated',
      'Feedback-ID': 'batch_completion:7:3:tidings',
    });
  });

  it("carries a one-click link of that mail, without the person's address", () => {
    const headers = headersOf();
    expect(headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    const found = /^<https:\/\/tidings\.example\.com\/mail\/unsubscribe\/([^/>]+)>$/.exec(
      headers['List-Unsubscribe'] ?? '',
    );
    expect(readUnsubscribeLink(found?.[1] ?? '', [SECRETS[0]!], NOW)).toEqual({
      company_id: 3,
      bot_id: 7,
      email_id: 42,
      expires_at: new Date('2026-05-31T00:00:00Z'),
    });
    expect(JSON.stringify(headers)).not.toContain('ann');
  });

  it('carries the link the body was rendered with, although it is sent later', () => {
    const link = unsubscribeUrl(mail, config, NOW);
    const sent = { ...mail, rendered_at: new Date('2026-03-01T12:00:01Z') };
    const later = new Date('2026-03-04T08:00:00Z');
    expect(mailHeaders(sent, config, later)['List-Unsubscribe']).toBe(`<${link}>`);
  });

  it('writes a public address of any script in ASCII', () => {
    const { 'List-Unsubscribe': link } = headersOf({}, { PUBLIC_URL: 'https://bücher.example' });
    expect(link).toMatch(/^<https:\/\/xn--bcher-kva\.example\/unsubscribe\/[\w.-]+>$/);
  });

  it('offers one-click only over https, and no link without PUBLIC_URL', () => {
    const plain = headersOf({}, { PUBLIC_URL: 'http://localhost:8000' });
    expect(plain['List-Unsubscribe']).toMatch(/^<http:\/\/localhost:8000\/unsubscribe\//);
    expect(plain).not.toHaveProperty('List-Unsubscribe-Post');
    expect(headersOf({}, { PUBLIC_URL: undefined })).not.toHaveProperty('List-Unsubscribe');
  });

  it('threads the mails of one person and bot, and no others', () => {
    const root = headersOf().References;
    expect(root).toMatch(/^<tidings\.[0-9a-f]{32}@mail\.example\.com>$/);
    expect(headersOf({ id: 43 })).toMatchObject({ References: root, 'In-Reply-To': root });
    for (const other of [{ bot_id: 8 }, { company_id: 4 }, { recipient_email: 'bob@example.org' }])
      expect(headersOf(other).References).not.toBe(root);
  });

  it('lets nobody unsubscribe from alerts, nor threads them', () => {
    expect(headersOf({ email_type: 'error_alert' })).toEqual({
      'Auto-Submitted': 'auto-generated',
      'Feedback-ID': 'error_alert:7:3:tidings',
    });
    expect(headersOf({ email_type: 'error_alert', company_id: null, bot_id: null })).toEqual({
      'Auto-Submitted': 'auto-generated',
    });
  });
});
