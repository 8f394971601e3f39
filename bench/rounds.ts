/** One measurement of ours and one of the bare counterpart, made right after one another. */
export interface Round {
  ours: number;
  bare: number;
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/**
 * Measures both sides in turn, the order changing every round, so that a machine that grows slower
 * or faster meanwhile treats them alike. One round before the first is not counted.
 */
export async function alternate(
  count: number,
  ours: () => Promise<number>,
  bare: () => Promise<number>,
): Promise<Round[]> {
  await bare();
  await ours();
  const rounds: Round[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const round: Round = { ours: 0, bare: 0 };
    if (nth % 2 === 0) round.bare = await bare();
    round.ours = await ours();
    if (nth % 2 === 1) round.bare = await bare();
    rounds.push(round);
  }
  return rounds;
}
