import { ERROR_CATEGORIES } from '../contracts/file-events.ts';

export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];

/** The three steps. Tasks and their logs are stored with these names. */
export const CORRECTION_ACTIONS = ['s3_delete', 'chroma_delete', 'cms_delete'] as const;
export type CorrectionAction = (typeof CORRECTION_ACTIONS)[number];

const ACTIONS: Record<ErrorCategory, CorrectionAction[]> = {
  file_not_found: ['cms_delete'],
  s3_error: ['s3_delete', 'cms_delete'],
  processing_error: ['chroma_delete', 's3_delete', 'cms_delete'],
  storage_error: ['chroma_delete'],
};

/**
 * The steps that remove what a failure of the category may have left behind. One of a category nobody
 * knows may have left something in all three stores.
 */
export function correctionActions(category: string): CorrectionAction[] {
  return isCategory(category) ? ACTIONS[category] : ACTIONS.processing_error;
}

/** The steps of several failures that one task answers. */
export function joinedActions(...lists: readonly (readonly CorrectionAction[])[]) {
  return ACTIONS.processing_error.filter((action) => lists.some((list) => list.includes(action)));
}

function isCategory(category: string): category is ErrorCategory {
  return (ERROR_CATEGORIES as readonly string[]).includes(category);
}

/** The category as a label: whatever is not ours is `other`, because producers write free text. */
export function knownCategory(category: string): ErrorCategory | 'other' {
  return isCategory(category) ? category : 'other';
}
