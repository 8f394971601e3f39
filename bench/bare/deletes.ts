import { openLeftovers, type Store } from '../corrections/leftovers.ts';
import { bareLoops } from '../corrections/loops.ts';
import { answerOrders } from '../helper.ts';

/** Entry of the bare loops of deletes: the stores' own clients with nothing of Tidings around them. */

export interface BareDeletes {
  env: Record<string, string>;
  store: Store;
  /** Deletes alone, or with what it takes to say what was removed and that it is gone. */
  loop: 'delete' | 'prove';
  documentIds: string[];
}

answerOrders(async ({ env, store, loop, documentIds }: BareDeletes) => {
  const leftovers = await openLeftovers(env);
  try {
    const run = bareLoops(leftovers.stores)[loop][store];
    const began = performance.now();
    await run(documentIds);
    return { seconds: (performance.now() - began) / 1000 };
  } finally {
    await leftovers.close();
  }
});
