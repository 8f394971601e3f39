import type { PartContext, Started } from '../../stack/parts/part.ts';
import type { Child } from '../../stack/processes/child.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A server that can die and come back: its clients keep one address, a proxy's. */
export interface Restartable {
  proxy: TcpProxy;
  /** The variables of the part, leading to the proxy. */
  env: Record<string, string>;
  signal(signal: NodeJS.Signals): void;
  /** Ends the server with the signal and starts it again; `between` runs while it is away. */
  restart(signal: NodeJS.Signals, between?: () => Promise<void>): Promise<void>;
}

/** @param start starts the server on a port of its choice, over the data it had before */
export async function startRestartable(
  context: PartContext,
  start: (context: PartContext) => Promise<Started>,
): Promise<Restartable> {
  const proxy = await startTcpProxy();
  let child: Child | undefined;
  let starts = 0;
  // A later start must find the variables of the first, not the address of the proxy.
  const first = { ...context, env: { ...context.env } };
  const up = async () => {
    const { env } = await start({
      ...first,
      run: async (spec) => {
        starts += 1;
        child = await context.run({ ...spec, name: `${spec.name}.${starts}` });
        return child;
      },
    });
    const [url = ''] = Object.values(env);
    proxy.leadTo(Number(new URL(url).port));
    return Object.fromEntries(
      Object.entries(env).map(([name, value]) => {
        const through = new URL(value);
        through.port = String(proxy.port);
        return [name, through.href];
      }),
    );
  };
  const env = await up();
  const signal = (name: NodeJS.Signals) => {
    if (child) process.kill(child.pid, name);
  };
  return {
    proxy,
    env,
    signal,
    async restart(name, between) {
      signal(name);
      await child?.ended;
      proxy.cut();
      await between?.();
      await up();
    },
  };
}
