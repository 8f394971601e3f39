import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { onShutdown } from './shutdown.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
});

it.each([
  [1, 500],
  [3, 1500],
  [25, 22_000],
])('of %s s the work under way has %s ms before it is handed back', (timeoutSeconds, ms) => {
  vi.spyOn(process, 'exit').mockImplementation((() => {}) as never);
  const letGo = vi.fn();
  onShutdown(pino({ level: 'silent' }), () => new Promise(() => {}), { timeoutSeconds, letGo });
  process.emit('SIGTERM');
  vi.advanceTimersByTime(ms - 1);
  expect(letGo).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(letGo).toHaveBeenCalledOnce();
  expect(process.exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(timeoutSeconds * 1000 - ms);
  expect(process.exit).toHaveBeenCalledWith(1);
});
