/** Being asked to stop, in whichever way a person or a program does it. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Settles with the signal's name when the process is asked to stop; asked a second time it ends at
 * once. When npm itself is gone, which passes neither SIGKILL on nor every other signal, that counts
 * as being asked too.
 */
export function untilInterrupted(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS)
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    const launcher = process.ppid;
    if (!process.env.npm_lifecycle_event) return;
    const gone = () => process.ppid !== launcher && resolve('the end of npm');
    setInterval(gone, 500).unref();
  });
}
