/** Settles when the person, or the system, asks this process to end. */
export function askedToStop(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(undefined));
    // npm cannot pass SIGKILL on, and the shell it may start in between passes no signal on at all.
    const launcher = process.ppid;
    if (process.env.npm_lifecycle_event)
      setInterval(() => process.ppid !== launcher && resolve(undefined), 500);
  });
}
