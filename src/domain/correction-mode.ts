/** How far corrections go by themselves, from the freest to the strictest. */
export const CORRECTION_MODES = ['auto', 'approve', 'dry-run'] as const;
export type CorrectionMode = (typeof CORRECTION_MODES)[number];

/** The status a task starts in. */
export function statusUnder(mode: CorrectionMode): 'pending' | 'awaiting_approval' {
  return mode === 'approve' ? 'awaiting_approval' : 'pending';
}

/** What a mode is chosen by. */
export interface ModeSubject {
  company_id: number | null;
  failure_category: string;
}

/** The stricter of two modes. */
export function stricter(one: CorrectionMode, other: CorrectionMode): CorrectionMode {
  return CORRECTION_MODES.indexOf(one) < CORRECTION_MODES.indexOf(other) ? other : one;
}

/** The strictest mode over every company a file may belong to; null where none is known. */
export function strictestMode(
  modeOf: (subject: ModeSubject) => CorrectionMode,
  failure_category: string,
  companies: readonly (number | null)[],
): CorrectionMode {
  return companies
    .map((company_id) => modeOf({ company_id, failure_category }))
    .reduce(stricter, 'auto');
}

/**
 * Reads the rules once and answers the mode of any task: the strictest of the general one and of every
 * rule that speaks of the task's company or category. A rule can therefore never loosen another one.
 * @param rules as AUTO_CORRECTION_MODES writes them, `company:42=approve;category:s3_error=dry-run`;
 *   the configuration has refused whatever does not look like this
 */
export function modeChooser(
  general: CorrectionMode,
  rules: string,
): (subject: ModeSubject) => CorrectionMode {
  const byKey = new Map<string, CorrectionMode>();
  for (const rule of rules.split(';').filter(Boolean)) {
    const equals = rule.lastIndexOf('=');
    const key = rule.slice(0, equals);
    byKey.set(key, stricter(rule.slice(equals + 1) as CorrectionMode, byKey.get(key) ?? 'auto'));
  }
  return ({ company_id, failure_category }) =>
    [`company:${company_id}`, `category:${failure_category}`]
      .map((key) => byKey.get(key) ?? general)
      .reduce(stricter, general);
}
