import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Helper processes: load generators, the mail sink and the bare counterparts. Each works in a process
 * of its own, takes one order at a time over IPC, and ends when this process does.
 */

type Reply<Result> = { result: Result } | { error: string };

export interface Helper<Order, Result> {
  pid: number;
  /** @throws with the helper's own words when it could not do it, or when it has ended */
  ask(order: Order): Promise<Result>;
  stop(): void;
}

/** Starts the helper whose entry stands at `url`. */
export function startHelper<Order, Result>(url: URL): Helper<Order, Result> {
  const child = fork(fileURLToPath(url), { execArgv: ['--import', 'tsx'] });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code, signal) =>
      reject(new Error(`${url.pathname} ended (${signal ?? code})`)),
    );
  });
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    async ask(order) {
      const reply = new Promise<Reply<Result>>((resolve) => child.once('message', resolve));
      child.send(order as object);
      const answer = await Promise.race([reply, ended]);
      if ('error' in answer) throw new Error(answer.error);
      return answer.result;
    },
    stop: () => void child.kill(),
  };
}

/** The helper's side: works on orders until the other side is gone. */
export function answerOrders<Order, Result>(work: (order: Order) => Promise<Result>): void {
  process.on('message', (order: Order) => {
    work(order).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: String((error as Error).stack ?? error) }),
    );
  });
  process.once('disconnect', () => process.exit());
}
