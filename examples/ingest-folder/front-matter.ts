/** The lines between two `---` at the top of a Markdown file, as `name: value`. */

/** Name and value of each line, in the order they stand; none where there is no front matter. */
export function frontMatter(bytes: Buffer): Record<string, string> {
  const block = /^---\r?\n(.*?)\r?\n---\r?\n/s.exec(bytes.toString('utf8'))?.[1] ?? '';
  const lines = block.split(/\r?\n/).map((line) => /^([a-z][a-z-]*):\s*(.+)$/.exec(line));
  return Object.fromEntries(
    lines.flatMap((line) => (line ? [[line[1] ?? '', line[2] ?? '']] : [])),
  );
}
