import type { CorrectionStatus } from '../contracts/corrections.ts';
import type { OperatorMove } from '../db/queries/correction-requests.ts';

/** Why a move is not possible in a status, and what is. */
const OBJECTIONS: Record<OperatorMove, Partial<Record<CorrectionStatus, string>>> = {
  retry: {
    pending: 'it runs by itself',
    awaiting_approval: 'approve it instead',
    processing: 'it is running',
    completed: 'nothing of it is left to do',
  },
  approve: {
    pending: 'it runs by itself',
    processing: 'it is running',
    completed: 'nothing of it is left to do',
    failed: 'retry it instead',
    cancelled: 'retry it instead',
    dry_run: 'retry it instead',
  },
  cancel: {
    processing: 'it is running',
    completed: 'nothing of it is left to do',
    cancelled: 'it never runs as it is',
    dry_run: 'it never runs as it is',
  },
};

/** Says, in one sentence, what keeps an operator from moving a correction on. */
export function correctionObjection(
  {
    id,
    status,
    held_by,
    restoring,
  }: { id: number; status: CorrectionStatus; held_by: string | null; restoring: boolean },
  move: OperatorMove,
): string {
  if (restoring && move !== 'cancel')
    return `Correction ${id} does not allow ${move}: something of the file is being put back.`;
  const why =
    move === 'retry' && held_by ? `the brake ${held_by} holds it; approve it instead` : undefined;
  const objection = why ?? OBJECTIONS[move][status];
  return objection
    ? `Correction ${id} is ${status}, which does not allow ${move}: ${objection}.`
    : `Correction ${id} does not allow ${move}: another correction of the file is open.`;
}
