import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Body, emptyDatabase, runCms } from './builtin-cms.ts';
import { cmsUnderTest } from './cms-under-test.ts';

/**
 * The CMS the contract is held against: the one at `CMS_CONTRACT_URL` with `CMS_CONTRACT_TOKEN`, else the
 * built-in one. Webhooks are seen where that CMS was told to send them when it was started: to
 * `CMS_CONTRACT_WEBHOOK_PORT` of this machine, with `CMS_CONTRACT_WEBHOOK_KEY` and
 * `CMS_CONTRACT_WEBHOOK_SECRET`.
 */

export interface ContractReply {
  status: number;
  type: string;
  body: Body;
}

export interface ContractCms {
  call(method: string, path: string, body?: unknown, token?: string): Promise<ContractReply>;
  close(): Promise<void>;
}

/** A webhook as it arrived. */
export interface Hook {
  headers: IncomingHttpHeaders;
  path: string;
  text: string;
  body: { action: string; user_email: string } & Record<string, unknown>;
}

export interface Receiver {
  port: number;
  hooks: Hook[];
  /** How the next webhooks are answered. */
  answer: (hook: Hook, response: ServerResponse) => void;
  close(): Promise<void>;
}

const external = cmsUnderTest();
const BUILTIN_TOKEN = 'contract-token';

/** What webhooks are signed and sent with. */
export const WEBHOOK = {
  apiKey: external?.webhookKey ?? 'contract-producer-key',
  secret:
    external?.webhookSecret ??
    `whsec_${Buffer.from('a secret of the contract').toString('base64')}`,
};

/** @param receiver where a CMS that is started here sends its webhooks */
export async function contractCms(receiver?: Receiver): Promise<ContractCms> {
  if (external) return { call: caller(external.url, external.token), close: async () => {} };
  const database = await emptyDatabase();
  const webhook = receiver && { ...WEBHOOK, baseUrl: `http://127.0.0.1:${receiver.port}` };
  const cms = await runCms(database.url, { apiTokens: [BUILTIN_TOKEN], webhook });
  return {
    call: caller(cms.url, BUILTIN_TOKEN),
    close: async () => {
      await cms.close();
      await database.drop();
    },
  };
}

function caller(url: string, usual: string): ContractCms['call'] {
  return async (method, path, body, token = usual) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        'content-type': 'application/json',
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
}

/** A receiver that takes every webhook, until told otherwise. */
export async function webhookReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const hook: Hook = {
      headers: request.headers,
      path: request.url ?? '',
      text,
      body: JSON.parse(text),
    };
    receiver.hooks.push(hook);
    receiver.answer(hook, response);
  });
  const port = external?.webhookPort ?? 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const receiver: Receiver = {
    port: (server.address() as AddressInfo).port,
    hooks: [],
    answer: (_hook, response) => void response.writeHead(202).end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
