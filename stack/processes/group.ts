import { type Child, type ChildSpec, startChild } from './child.ts';

/** Processes that are started and stopped together. */
export interface Group {
  /** Starts one; a name that ran before and has ended is taken over. */
  run(spec: ChildSpec): Promise<Child>;
  /** Process ids by name. */
  pids(): Record<string, number>;
  /** Settles, with a sentence, when one ends although nobody stopped the group. */
  died(): Promise<string>;
  /** Stops the processes, all at once but for `first`, which are stopped before the others. */
  stop(first?: string[]): Promise<void>;
  isStopping(): boolean;
}

/** An empty group whose logs and marks go to `dir`, see `claimDataDir`. */
export function createGroup(dir: string): Group {
  const children: Child[] = [];
  const over = new Set<Child>();
  let stopping: Promise<void> | undefined;
  const stopAll = async (first: string[]) => {
    for (const early of [true, false])
      await Promise.all(
        children
          .filter((child) => first.includes(child.name) === early)
          .map((child) => child.stop()),
      );
  };
  return {
    async run(spec) {
      const child = await startChild(spec, dir);
      if (stopping) await child.stop();
      else {
        const before = children.findIndex((one) => one.name === spec.name && over.has(one));
        if (before >= 0) children.splice(before, 1);
        children.push(child);
      }
      void child.ended.then(() => over.add(child));
      return child;
    },
    pids: () => Object.fromEntries(children.map((child) => [child.name, child.pid])),
    died: () =>
      new Promise((resolve) => {
        for (const child of children)
          void child.ended.then((how) => !stopping && resolve(`${child.name} ${how}`));
      }),
    stop(first = []) {
      stopping ??= stopAll(first);
      return stopping;
    },
    isStopping: () => stopping !== undefined,
  };
}

/**
 * Runs several starts at once. The first that fails stops the group, which ends the others early.
 * @throws the first failure, once none of the starts is under way any more
 */
export async function startTogether(group: Group, starts: (() => Promise<void>)[]): Promise<void> {
  let failure: unknown;
  await Promise.all(
    starts.map((start) =>
      start().catch(async (error: unknown) => {
        failure ??= error;
        await group.stop();
      }),
    ),
  );
  if (failure) throw failure;
}
