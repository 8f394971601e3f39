/** How far back a system we write to has forgotten what it acknowledged. */

/** What a look at a few writes next to each other showed; `newest` is the time of the latest of them. */
export interface Sample {
  /** At least one is gone or different. */
  contradicted: boolean;
  /** At least one is still there. What the other side no longer keeps shows neither. */
  agreed: boolean;
  newest: Date;
}

/** Before any write there is. */
const EVER = new Date(0);

/**
 * Looks at writes in steps that double, from the newest back, until some are found that are still
 * there. A system restored from a backup has lost the newest ones, so a few looks find how far it goes.
 * @param width writes in a sample
 * @param sampleAt looks at `width` writes from that rank on, 0 being the newest; null where there are none
 * @returns since when everything is to be written again, at most twice as much as was lost; null where
 * the newest are still there
 */
export async function lostSince(
  width: number,
  sampleAt: (rank: number) => Promise<Sample | null>,
): Promise<Date | null> {
  let lost = false;
  for (let rank = 0; ; rank = Math.max(width, rank * 2)) {
    const sample = await sampleAt(rank);
    if (!sample) return lost ? EVER : null;
    if (sample.contradicted) lost = true;
    else if (sample.agreed) return lost ? sample.newest : null;
  }
}
