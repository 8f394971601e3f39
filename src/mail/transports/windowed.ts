import { afterAnswer, openWindow, type WindowAnswer } from '../../domain/send-window.ts';
import type { SendOptions } from './transport.ts';

/** How long to wait in line. */
type Patience = Pick<SendOptions, 'signal' | 'startBy'>;

/**
 * Runs work, no more at a time than the answers so far allow; the rest waits in line.
 * @param most never more than this at a time
 * @param saysOf what an outcome says about how much the other side can take
 * @returns a function that answers undefined for what was called off before its turn, or waited too long
 */
export function windowed<Outcome>(
  most: number,
  saysOf: (outcome: Outcome) => WindowAnswer,
): (work: () => Promise<Outcome>, patience: Patience) => Promise<Outcome | undefined> {
  let window = openWindow(most);
  let underWay = 0;
  const waiting = new Set<() => void>();

  function admit(): void {
    for (const enter of waiting) {
      if (underWay >= Math.floor(window.size)) return;
      waiting.delete(enter);
      underWay += 1;
      enter();
    }
  }

  /** @returns false when patience ended first */
  function enter({ signal, startBy }: Patience): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const turn = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        waiting.delete(turn);
        resolve(false);
      };
      waiting.add(turn);
      admit();
      if (!waiting.has(turn)) return;
      signal?.addEventListener('abort', leave, { once: true });
      if (startBy !== undefined) timer = setTimeout(leave, startBy - performance.now());
    });
  }

  return async (work, patience) => {
    if (!(await enter(patience))) return undefined;
    const begunAt = window.halvings;
    try {
      const outcome = await work();
      window = afterAnswer(window, saysOf(outcome), begunAt, underWay);
      return outcome;
    } finally {
      underWay -= 1;
      admit();
    }
  };
}
