/**
 * Keeps a claim while work of unknown length is done, so that nobody takes the work for abandoned.
 * @param extend extends the claim by `leaseSeconds`; what it throws is left to the next time
 */
export async function whileClaimed<Result>(
  extend: () => Promise<unknown>,
  leaseSeconds: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setInterval(() => void extend().catch(() => {}), (leaseSeconds * 1000) / 3);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
