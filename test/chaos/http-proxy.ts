import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to requests: they pass, are answered with 500, with something that is no answer, not
 * at all, or are carried out while their answer gets lost.
 */
export type HttpWeather = 'pass' | 'error' | 'garbage' | 'hang' | 'answer lost';

export interface HttpProxy {
  url: string;
  weather(now: HttpWeather): void;
  /** Connecting is refused until `listen`. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
}

/** Starts a proxy in front of an HTTP server, on a free port of 127.0.0.1. */
export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const { port: targetPort } = new URL(target);
  const held = new Set<IncomingMessage>();
  let weather: HttpWeather = 'pass';
  let listener: Server | undefined;
  let port = 0;

  const handle = (asked: IncomingMessage, answer: ServerResponse) => {
    answer.on('error', () => undefined);
    if (weather === 'hang') {
      held.add(asked);
      return;
    }
    if (weather === 'error' || weather === 'garbage') {
      asked.resume();
      const status = weather === 'error' ? 500 : 200;
      answer.writeHead(status, { 'content-type': 'text/html' }).end('<p>It works!</p>');
      return;
    }
    const loseAnswer = weather === 'answer lost';
    const { method, url: path, headers } = asked;
    const onward = httpRequest(
      { host: '127.0.0.1', port: targetPort, method, path, headers },
      (reply) => {
        if (loseAnswer) {
          reply.resume();
          asked.destroy();
          return;
        }
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      },
    );
    onward.on('error', () => asked.destroy());
    asked.pipe(onward);
  };

  const listen = async () => {
    if (listener) return;
    const server = createServer(handle);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    port = (server.address() as AddressInfo).port;
    listener = server;
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    weather(now) {
      weather = now;
      for (const asked of held) asked.destroy();
      held.clear();
    },
    async refuse() {
      const closed = new Promise((resolve) => listener?.close(resolve) ?? resolve(undefined));
      listener?.closeAllConnections();
      await closed;
      listener = undefined;
    },
    listen,
  };
}
