/** Works through the items page by page, one page after the other. */
export async function inPages<Item>(
  items: readonly Item[],
  size: number,
  work: (page: Item[]) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < items.length; at += size) await work(items.slice(at, at + size));
}

/** Works through the items, so many at a time. */
export async function inTurn<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const keepGoing = async () => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as Item);
  };
  await Promise.all(Array.from({ length: atOnce }, keepGoing));
}
