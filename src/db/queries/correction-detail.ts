import { eq } from 'drizzle-orm';
import type { Orm } from '../client.ts';
import {
  correctionQuarantines,
  correctionRestores,
  correctionSecondLooks,
} from '../schema/index.ts';
import { correctionDetail } from './lists.ts';

/**
 * One correction and what can be undone of it, as they were at one moment: a restore that is told as
 * completed goes with flags that no longer say removed.
 * @returns null where there is none
 */
export async function correctionWithUndo(orm: Orm, id: number) {
  return orm.transaction(
    async (tx) => {
      const task = await correctionDetail(tx, id);
      if (!task) return null;
      const quarantine = await tx
        .select({
          store: correctionQuarantines.store,
          state: correctionQuarantines.state,
          items: correctionQuarantines.lines,
          saved_at: correctionQuarantines.saved_at,
          expires_at: correctionQuarantines.expires_at,
        })
        .from(correctionQuarantines)
        .where(eq(correctionQuarantines.correction_id, id))
        .orderBy(correctionQuarantines.id);
      const [restore] = await tx
        .select({
          status: correctionRestores.status,
          requested_by: correctionRestores.requested_by,
          requested_at: correctionRestores.requested_at,
          completed_at: correctionRestores.completed_at,
          reason: correctionRestores.reason,
        })
        .from(correctionRestores)
        .where(eq(correctionRestores.correction_id, id));
      const [look] = await tx
        .select({ look_at: correctionSecondLooks.look_at })
        .from(correctionSecondLooks)
        .where(eq(correctionSecondLooks.correction_id, id));
      const second_look_at = look?.look_at ?? null;
      return { ...task, quarantine, restore: restore ?? null, second_look_at };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}
