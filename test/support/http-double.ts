import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  authorization: string | undefined;
  body: unknown;
}

export interface HttpDouble {
  url: string;
  asked: Asked[];
  /** How the next requests are answered; replace it to change the weather. */
  answer: (asked: Asked, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** A real HTTP server on a free port of 127.0.0.1 that remembers what it was asked. */
export async function httpDouble(answer: HttpDouble['answer']): Promise<HttpDouble> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { method = '', url: path = '', headers } = request;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const asked = { method, path, authorization: headers.authorization, body };
    double.asked.push(asked);
    double.answer(asked, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const double: HttpDouble = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return double;
}

/** Ends the response with a JSON body. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
