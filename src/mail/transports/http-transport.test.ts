import { expect, it } from 'vitest';
import type { OutgoingMail } from '../message.ts';
import { httpTransport, type MailApi } from './http-transport.ts';

/** What keeps a request from being made at all: the mail, or our own credentials. */

const mail: OutgoingMail = {
  messageId: '<tidings.1@example.com>',
  from: 'tidings@example.com',
  to: 'ada@example.com',
  subject: 's',
  text: 't',
  html: null,
};
const options = { beforeBody: async () => {} };
const question = {
  method: 'POST' as const,
  url: new URL('http://127.0.0.1:1/'),
  headers: {},
  body: Buffer.from('{}'),
};
const api: MailApi = {
  name: 'provider',
  endpoint: question.url,
  settings: 'PROVIDER_KEY',
  sendQuestion: async () => question,
  verifyQuestion: () => question,
  meaning: () => ({ outcome: 'sent', response: 'taken' }),
  fault: () => undefined,
};

it('a mail that cannot be put into a request is that mail’s fault', async () => {
  const sendQuestion = async () => Promise.reject(new TypeError('odd mail'));
  const transport = httpTransport({ ...api, sendQuestion }, 1000);
  await expect(transport.send(mail, options)).rejects.toThrow('odd mail');
  await transport.close();
});

it('a request that cannot be signed is the credentials’ fault, whichever mail it is', async () => {
  const sign = async () => Promise.reject(new Error('no credentials'));
  const transport = httpTransport({ ...api, sign }, 1000);
  expect(await transport.send(mail, options)).toEqual({
    outcome: 'unavailable',
    reason: 'No request can be signed: check PROVIDER_KEY',
  });
  await transport.close();
});
