import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMailbox, type Message } from './inbox/messages.ts';
import { type Inbox, startInbox } from './inbox.ts';

let inbox: Inbox;
beforeAll(async () => {
  inbox = await startInbox();
});
afterAll(() => inbox.close());
beforeEach(() => fetch(`${inbox.url}/api/messages`, { method: 'DELETE' }));

const NASTY = `<script>alert(1)</script>"'&`;

async function send(mail: Record<string, unknown>) {
  const transport = createTransport({ host: '127.0.0.1', port: inbox.smtpPort, secure: false });
  await transport.sendMail({ from: 'Bot <bot@tidings.example>', to: 'ann@example.com', ...mail });
  transport.close();
}
const get = (path: string) => fetch(inbox.url + path);
async function read<T>(path: string): Promise<T> {
  return ((await (await get(path)).json()) as { data: T }).data;
}
const list = (query = '') => read<Message[]>(`/api/messages${query}`);
async function only(): Promise<Message> {
  const [message, ...rest] = await list();
  if (!message || rest.length > 0) throw new Error(`expected one mail, found ${rest.length}`);
  return message;
}

test('an acknowledged mail can be read at once, in every part', async () => {
  await send({
    to: ['Ann <ann@example.com>', 'ben@example.com'],
    bcc: 'eve@example.com',
    subject: 'Grüße ✓',
    text: 'plain',
    html: '<p>rich</p>',
    messageId: '<one@tidings.example>',
    headers: { 'X-Batch': '42' },
    attachments: [{ filename: 'a.txt', content: 'four' }],
  });
  const message = await only();
  expect(message).toMatchObject({
    to: ['ann@example.com', 'ben@example.com', 'eve@example.com'],
    from: 'Bot <bot@tidings.example>',
    subject: 'Grüße ✓',
    message_id: '<one@tidings.example>',
    headers: { 'x-batch': '42' },
    attachments: [{ filename: 'a.txt', content_type: 'text/plain', size: 4 }],
  });
  expect(message.text.trim()).toBe('plain');
  expect(message.html.trim()).toBe('<p>rich</p>');
  expect(await read(`/api/messages/${message.id}`)).toEqual(message);
  expect(await (await get(`/api/messages/${message.id}/raw`)).text()).toContain('X-Batch: 42');
});

test('the list is newest first and can be narrowed to a recipient', async () => {
  await send({ subject: 'first' });
  await send({ subject: 'second', to: 'ben@example.com' });
  await send({ subject: 'third' });
  expect((await list()).map((one) => one.subject)).toEqual(['third', 'second', 'first']);
  expect(await list('?to=BEN@example.com')).toHaveLength(1);
  expect(await list('?to=nobody@example.com')).toEqual([]);
});

test('nothing in a mail becomes part of a page; its HTML runs no script', async () => {
  await send({
    from: { name: NASTY, address: 'bot@tidings.example' },
    subject: NASTY,
    text: NASTY,
    html: '<script>alert(2)</script><p>hello</p>',
    headers: { 'X-Nasty': NASTY },
    attachments: [{ filename: '<b>.txt', content: 'x' }],
  });
  const { id } = await only();
  for (const path of ['/', `/messages/${id}`, `/?to=${encodeURIComponent(NASTY)}`]) {
    const page = await (await get(path)).text();
    expect(page).not.toMatch(/<script|<b>/);
    expect(page).toContain('&lt;script&gt;');
  }
  const framed = await get(`/messages/${id}/html`);
  expect(framed.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  expect(framed.headers.get('content-security-policy')).not.toContain('allow-scripts');
  expect(await (await get(`/messages/${id}`)).text()).toContain('sandbox="allow-popups');
  expect((await get(`/api/messages/${id}/raw`)).headers.get('content-type')).toContain(
    'text/plain',
  );
});

test('addresses that lead nowhere are 404, not a crash', async () => {
  for (const path of [
    '/messages/x',
    '/messages/x/html',
    '/api/messages/x',
    '/api/messages/x/raw',
    '/x',
  ])
    expect((await get(path)).status).toBe(404);
  expect((await get('/?page=-1&to=a&to=b')).status).toBe(200);
});

test('a mail that cannot be parsed is kept with its source', async () => {
  const deep = Array.from(
    { length: 400 },
    (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
  );
  const raw = `Subject: deep\r\n${deep.join('')}\r\nend`;
  const envelope = { from: 'bot@tidings.example', to: ['ann@example.com'] };
  await send({ envelope, raw });
  const message = await only();
  expect(message.to).toEqual(['ann@example.com']);
  expect(await (await get(`/api/messages/${message.id}/raw`)).text()).toContain('Subject: deep');
});

test('the mailbox forgets the oldest beyond its capacity', () => {
  const mailbox = createMailbox(2);
  for (const id of ['a', 'b', 'c'])
    mailbox.add({
      id,
      to: [],
      from: '',
      subject: '',
      message_id: '',
      received_at: '',
      text: '',
      html: '',
      headers: {},
      attachments: [],
      raw: Buffer.alloc(0),
    });
  expect(mailbox.list().map((message) => message.id)).toEqual(['c', 'b']);
});
