import { openLeftovers } from '../corrections/leftovers.ts';
import { answerOrders } from '../helper.ts';

/** Entry of the bare loops of deletes: the stores' own clients with nothing of Tidings around them. */

export interface BareDeletes {
  env: Record<string, string>;
  store: 's3' | 'chroma' | 'cms';
  documentIds: string[];
}

answerOrders(async ({ env, store, documentIds }: BareDeletes) => {
  const leftovers = await openLeftovers(env);
  try {
    const began = performance.now();
    await leftovers.bare[store](documentIds);
    return { seconds: (performance.now() - began) / 1000 };
  } finally {
    await leftovers.close();
  }
});
