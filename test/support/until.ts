/**
 * Waits for a condition, looking every few milliseconds; conditions, not time, are what tests wait for.
 * @param what named in the error when it does not come true
 * @param ms how long to give it
 */
export async function until<Value>(
  what: string,
  look: () => Promise<Value | undefined | null | false> | Value | undefined | null | false,
  ms = 20_000,
): Promise<Value> {
  const deadline = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
