import { type ApiRequest, type MailApiServer, startMailApi } from './mail-api-server.ts';

/** SendGrid's v3 API as documented, as far as sending and checking a key need it. */

export const SENDGRID_KEY = 'SG.a-key-for-tests';

/** `POST /v3/mail/send` answers 202 without a body, `GET /v3/scopes` what the key may do. */
export function startSendGrid(): Promise<MailApiServer> {
  return startMailApi((request) => {
    if (request.headers.authorization !== `Bearer ${SENDGRID_KEY}`)
      return refused(401, 'The provided authorization grant is invalid, expired, or revoked');
    if (request.path === '/v3/scopes') return { status: 200, body: { scopes: ['mail.send'] } };
    const wrong = request.path === '/v3/mail/send' ? fault(request) : 'no such resource';
    if (wrong) return refused(400, wrong);
    return { status: 202, headers: { 'x-message-id': 'sg-1' } };
  });
}

/** The body of an error: a list of messages, each with the field at fault. */
export function refused(status: number, message: string) {
  return { status, body: { errors: [{ message, field: null, help: null }] } };
}

/** What the API insists on: a recipient, a sender, a subject, and content with plain text first. */
function fault({ headers, body }: ApiRequest): string | undefined {
  const mail = JSON.parse(body);
  if (headers['content-type'] !== 'application/json') return 'Content-Type should be JSON';
  if (Number(headers['content-length']) !== Buffer.byteLength(body)) return 'Content-Length is off';
  if (!mail.personalizations?.[0]?.to?.[0]?.email) return 'The to array is required';
  if (!mail.from?.email?.includes('@') || mail.from.email.includes('<')) return 'Invalid from';
  if (!mail.subject) return 'The subject is required';
  if (mail.content?.[0]?.type !== 'text/plain') return 'text/plain has to come first';
  if (mail.content.some(({ value }: { value: string }) => !value))
    return 'Content may not be empty';
  return undefined;
}
