import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { webhookSigner } from './webhook-signer.ts';

const body = '{"action":"created"}';
const headers = (secret: string, at: Date) => ({
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': webhookSigner(secret).sign('msg_1', at, body),
});

it('reads a whsec_ secret as Standard Webhooks does', () => {
  const secret = `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`;
  expect(new Webhook(secret).verify(body, headers(secret, new Date()))).toEqual(JSON.parse(body));
});

it('takes the UTF-8 bytes of any other secret', () => {
  const secret = 'schlüssel, not base64!';
  const key = new Uint8Array(Buffer.from(secret, 'utf8'));
  const receiver = new Webhook(key, { format: 'raw' });
  expect(receiver.verify(body, headers(secret, new Date()))).toEqual(JSON.parse(body));
});
