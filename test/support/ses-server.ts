import { createHash, createHmac } from 'node:crypto';
import { type ApiRequest, type MailApiServer, startMailApi } from './mail-api-server.ts';

/** Amazon SES's v2 API as documented, as far as sending and checking the account need it. */

export const SES_KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

/** `SendEmail` answers with a MessageId, `GetAccount` that sending is on; both check the signature. */
export function startSes(): Promise<MailApiServer> {
  return startMailApi((request) => {
    if (!isSigned(request))
      return error(403, 'InvalidSignatureException', 'The signature does not match');
    if (request.path === '/v2/email/account')
      return { status: 200, body: { SendingEnabled: true } };
    const { Destination, Content } = JSON.parse(request.body);
    if (!Destination?.ToAddresses?.length || !Content?.Raw?.Data)
      return error(400, 'BadRequestException', 'Missing required parameters');
    return { status: 200, body: { MessageId: '0100-ses-1' } };
  });
}

/** An error as the API words it: its name in a header, with an address behind a colon. */
export function error(status: number, name: string, message = '') {
  const type = `${name}:http://internal.amazon.com/coral/com.amazonaws.services.sesv2/`;
  return { status, headers: { 'x-amzn-errortype': type }, body: { message } };
}

/** The raw message of a `SendEmail` request. */
export function rawMessage({ body }: ApiRequest): string {
  return Buffer.from(JSON.parse(body).Content.Raw.Data, 'base64').toString();
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();

/** AWS Signature Version 4, worked out from what arrived and the secret. */
function isSigned({ method, path, headers, body }: ApiRequest): boolean {
  const [, scope = '', names = '', signature = ''] =
    /Credential=AKIDEXAMPLE\/(\S+), ?SignedHeaders=(\S+), ?Signature=([0-9a-f]{64})/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const [day = '', region = '', service = ''] = scope.split('/');
  if (service !== 'ses' || !names.split(';').includes('host')) return false;
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, path, '', signed.join(''), names, sha256(body)].join('\n');
  const at = String(headers['x-amz-date']);
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const secret = `AWS4${SES_KEYS.AWS_SECRET_ACCESS_KEY}`;
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, secret);
  return hmac(key, toSign).toString('hex') === signature;
}
