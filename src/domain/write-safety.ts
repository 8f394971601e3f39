import type { GenerationAnswer } from '../contracts/generation.ts';

/** Where a file stands, as far as writing it is concerned. */
export type Standing = Pick<
  GenerationAnswer,
  'generation' | 'status' | 'deleted' | 'events_pending' | 'restoring'
> & {
  processing_stage: GenerationAnswer['processing_stage'];
  /** A correction of the file, of any generation or owner, is at work in the stores. */
  removing: boolean;
  /** A producer asked for a correction of this generation, and nothing was heard of the file since. */
  given_up: boolean;
};

/**
 * Whether an ingester may write a file's objects and chunks now: only while its generation is under
 * way and nobody removes or restores anything of the file.
 * @param own the generation the ingester works for; any, where it does not say
 */
export function writeSafety(
  file: Standing,
  own?: number,
): Pick<GenerationAnswer, 'safe_to_write' | 'reason'> {
  const reason = reasonOf(file, own);
  return { safe_to_write: reason === 'ongoing', reason };
}

function reasonOf(file: Standing, own: number | undefined): GenerationAnswer['reason'] {
  const succeeded = file.status === 'success' && file.processing_stage === 'completed';
  // What is not applied yet may change every other answer.
  if (file.events_pending) return 'events_pending';
  if (own !== undefined && own !== file.generation) return 'generation_outdated';
  if (file.deleted) return 'deleted';
  if (file.status === 'failed' || (file.given_up && !succeeded)) return 'generation_failed';
  if (succeeded) return 'generation_succeeded';
  if (file.removing) return 'correction_running';
  return file.restoring ? 'restore_running' : 'ongoing';
}
