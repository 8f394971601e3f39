import { afterAnswer, openWindow, type WindowAnswer } from '../../domain/send-window.ts';

/**
 * Runs work, no more at a time than the answers so far allow; the rest waits in line.
 * @param most never more than this at a time
 * @param saysOf what an outcome says about how much the other side can take
 */
export function windowed<Outcome>(
  most: number,
  saysOf: (outcome: Outcome) => WindowAnswer,
): (work: () => Promise<Outcome>, signal?: AbortSignal) => Promise<Outcome> {
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

  /** @returns false when the signal came first */
  function enter(signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const turn = () => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = () => {
        waiting.delete(turn);
        resolve(false);
      };
      signal?.addEventListener('abort', leave, { once: true });
      waiting.add(turn);
      admit();
      if (signal?.aborted) leave();
    });
  }

  return async (work, signal) => {
    // Whoever was called off while waiting still asks, and hears so from the work itself.
    if (!(await enter(signal))) return work();
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
