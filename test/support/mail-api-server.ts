import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** An HTTP API for mail that misbehaves on request; what it says is up to the provider's own file. */

export interface ApiRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface ApiAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What happens to a request instead of the usual answer. */
export interface ApiFault extends Partial<ApiAnswer> {
  /** Read to the end, and no answer comes, ever. */
  hang?: boolean;
  /** Read to the end, then the connection is cut. */
  drop?: boolean;
  /** As soon as the head of the request is there: the connection is cut, or the answer is given. */
  early?: boolean;
}

export interface MailApiServer {
  url: string;
  /** Complete requests, in order. */
  requests: ApiRequest[];
  /** Connections accepted so far. */
  connections: number;
  /** Bytes of all requests so far, heads included. */
  bytes(): number;
  /** Used one by one, one for each request. */
  faults: ApiFault[];
  close(): Promise<void>;
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startMailApi(
  usual: (request: ApiRequest) => ApiAnswer,
): Promise<MailApiServer> {
  const sockets: Socket[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const fault = api.faults.shift();
    const say = ({ status, headers, body }: ApiAnswer) => {
      outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (fault?.early) {
      if (fault.status) say({ ...fault, status: fault.status });
      else incoming.socket.destroy();
      return;
    }
    let body = '';
    for await (const piece of incoming.setEncoding('utf8')) body += piece;
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body };
    api.requests.push(request);
    if (fault?.drop) incoming.socket.destroy();
    else if (fault?.status) say({ ...fault, status: fault.status });
    else if (!fault?.hang) say(usual(request));
  });
  server.on('connection', (socket) => sockets.push(socket));
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: MailApiServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    get connections() {
      return sockets.length;
    },
    bytes: () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0),
    faults: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}
