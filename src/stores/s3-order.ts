/**
 * The order in which buckets list their keys. S3 sorts by the bytes of the whole key. Servers that keep
 * objects in a file system or a tree may go folder by folder, or have longer names come before the one
 * they begin with. What follows from a page holds in all of these.
 */

/** Compares by the bytes of UTF-8, as S3 does; JavaScript does not. */
export function inBucketOrder(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at === end) return a.length - b.length;
  return rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
}

/** Surrogates stand for what comes after everything else; among themselves they are in order. */
const rank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/**
 * Whether a server that keeps objects in a file system may take the key for a path and follow it to
 * another object, even out of the bucket: `../other/a.pdf`, `./a.pdf`, `a//b`. S3 has objects of such keys
 * like of any other; that one is there is known from a listing alone.
 */
export function isPathlike(key: string): boolean {
  return key.split('/').some((part) => part === '' || part === '.' || part === '..');
}

/** Compares folder by folder: whatever is below `a/` comes before `a-b`. */
function byFolder(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at += 1;
  if (at < end && (a[at] === '/' || b[at] === '/')) return a[at] === '/' ? -1 : 1;
  return inBucketOrder(a, b);
}

/**
 * Whether a page that does not tell of a key shows that there is none: it lies between where the page
 * begins and where it ends, whichever way the server sorts.
 * @param after what the page begins after; undefined for the first one
 * @param last the last key of the page; undefined where nothing follows
 */
export function speaksFor(key: string, after?: string, last?: string): boolean {
  const begins = after === undefined || (inBucketOrder(after, key) < 0 && byFolder(after, key) < 0);
  if (!begins || last === undefined) return begins;
  return inBucketOrder(key, last) < 0 && byFolder(key, last) < 0 && !last.startsWith(key);
}
