import { ERROR_CATEGORIES } from '../contracts/file-events.ts';

export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];

/** The three steps, under the reference's names. */
export const CORRECTION_ACTIONS = ['s3_delete', 'chroma_delete', 'cms_delete'] as const;
export type CorrectionAction = (typeof CORRECTION_ACTIONS)[number];

const ACTIONS: Record<ErrorCategory, CorrectionAction[]> = {
  file_not_found: ['cms_delete'],
  s3_error: ['s3_delete', 'cms_delete'],
  processing_error: ['chroma_delete', 's3_delete', 'cms_delete'],
  storage_error: ['chroma_delete'],
};

/** The action map of design section 4; a category nobody knows gets all three steps. */
export function correctionActions(category: string): CorrectionAction[] {
  return isCategory(category) ? ACTIONS[category] : ACTIONS.processing_error;
}

function isCategory(category: string): category is ErrorCategory {
  return (ERROR_CATEGORIES as readonly string[]).includes(category);
}

/** The category as a label: whatever is not ours is `other`, because producers write free text. */
export function knownCategory(category: string): ErrorCategory | 'other' {
  return isCategory(category) ? category : 'other';
}

/** Words that point to a category, for producers that send no category of their own. */
const HINTS: [RegExp, ErrorCategory][] = [
  [/file not found|no such file|enoent|nosuchkey/i, 'file_not_found'],
  [/\bs3\b|bucket/i, 's3_error'],
  [/chroma|vector/i, 'storage_error'],
];

/**
 * The category of a failure: the producer's own, else by the words of its message, else
 * `processing_error`.
 */
export function categorize(error: { category?: string; message: string }): string {
  if (error.category) return error.category;
  return HINTS.find(([words]) => words.test(error.message))?.[1] ?? 'processing_error';
}
