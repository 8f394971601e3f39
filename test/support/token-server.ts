import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerJson, type HttpDouble } from './http-double.ts';

/** A token server (RFC 6749, section 6): form in, JSON out; told how often it was asked. */
export async function startTokenServer(answer: (asked: number) => unknown): Promise<HttpDouble> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const { method = '', url: path = '', headers } = request;
    const body = Object.fromEntries(new URLSearchParams(text));
    double.asked.push({ method, path, authorization: headers.authorization, body });
    double.answer(double.asked.at(-1)!, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const double: HttpDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answer: (asked, response) => {
      const { grant_type, client_secret, refresh_token } = asked.body as Record<string, string>;
      const right =
        grant_type === 'refresh_token' &&
        client_secret === 'client-secret' &&
        refresh_token === 'refresh-secret';
      if (right) answerJson(response, 200, answer(double.asked.length));
      else answerJson(response, 400, { error: 'invalid_request' });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return double;
}
