import type { Transaction } from './client.ts';

/**
 * Has the transaction find every row it names by an index, and plan each statement once for all. Left to
 * itself the planner goes by its last look at the tables: a connection that planned a statement while
 * they were small goes on reading them from end to end until they are analysed again, however many rows
 * come meanwhile. And where there is little to do, it plans anew each time, which takes longer than to do it.
 */
export async function planByIndex(tx: Transaction): Promise<void> {
  await tx.unsafe(
    `set local enable_seqscan = off; set local enable_bitmapscan = off;
     set local enable_hashjoin = off; set local enable_mergejoin = off;
     set local plan_cache_mode = force_generic_plan`,
  );
}
