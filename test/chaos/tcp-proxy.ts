import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP way to a part that can be cut, closed or frozen, and whose far end may move. */
export interface TcpProxy {
  port: number;
  /** Where new connections lead. */
  leadTo(port: number): void;
  /** Ends every connection; new ones are accepted. */
  cut(): void;
  /** Connecting is refused, and every connection is ended, until `listen`. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  /** No byte passes either way until `thaw`, which lets through what has waited. */
  freeze(): void;
  thaw(): void;
  /** The connections there are fall silent, and stay so until they are cut; new ones are not affected. */
  mute(): void;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startTcpProxy(): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let target = 0;
  let frozen = false;
  let listener: Server | undefined;

  const join = (near: Socket) => {
    const far = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('data', (chunk) => other.write(chunk));
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      if (frozen) socket.pause();
    }
  };
  const cut = () => {
    for (const socket of open) socket.destroy();
  };

  const proxy: TcpProxy = {
    port: 0,
    leadTo(port) {
      target = port;
    },
    cut,
    async refuse() {
      const closed = new Promise((resolve) => listener?.close(resolve) ?? resolve(undefined));
      cut();
      await closed;
      listener = undefined;
    },
    async listen() {
      if (listener) return;
      const server = createServer(join);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(proxy.port, '127.0.0.1', resolve);
      });
      proxy.port = (server.address() as AddressInfo).port;
      listener = server;
    },
    freeze() {
      frozen = true;
      for (const socket of open) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of open) socket.resume();
    },
    mute() {
      for (const socket of open) socket.pause();
    },
  };
  await proxy.listen();
  return proxy;
}
