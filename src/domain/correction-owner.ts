/** Whose file a correction is about. */
export interface FileOwner {
  company_id: number;
  bot_id: number;
}

/**
 * What a request for a correction says of the file's owner, against our own records.
 * @param owners all of the document's; where there is none, the request's word counts
 * @returns the owner as far as the request and our records tell together, or the field by which they
 *   contradict each other
 */
export function ownerOfRequest(
  asked: { [Field in keyof FileOwner]?: number | undefined },
  owners: readonly FileOwner[],
): { owner: Partial<FileOwner> } | { contradiction: keyof FileOwner } {
  const owner: Partial<FileOwner> = {};
  let left = owners;
  for (const field of ['company_id', 'bot_id'] as const) {
    const said = asked[field];
    if (said === undefined) continue;
    owner[field] = said;
    left = left.filter((one) => one[field] === said);
    if (owners.length > 0 && left.length === 0) return { contradiction: field };
  }
  for (const field of ['company_id', 'bot_id'] as const) {
    const [only, ...more] = new Set(left.map((one) => one[field]));
    if (only !== undefined && more.length === 0) owner[field] = only;
  }
  return { owner };
}
