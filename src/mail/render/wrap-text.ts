/** Readable in every client that shows plain text, and far below the 998 characters SMTP allows. */
const WIDTH = 76;

/**
 * Breaks long lines at spaces; what follows keeps the line's indentation, behind a bullet two more.
 * A word longer than a line (a link, a name without spaces) is left whole. Runs of blank lines
 * become one.
 */
export function wrapText(text: string, width = WIDTH): string {
  const lines = text.split('\n').flatMap((line) => wrapLine(line.trimEnd(), width));
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

function wrapLine(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const indent = /^ */.exec(line)?.[0] ?? '';
  const hanging = line.startsWith('* ', indent.length) ? `${indent}  ` : indent;
  const lines: string[] = [];
  let current = '';
  for (const word of line.trim().split(' ')) {
    const next =
      current === '' ? `${lines.length ? hanging : indent}${word}` : `${current} ${word}`;
    if (next.length <= width || current === '' || current.trim() === '*') {
      current = next;
      continue;
    }
    lines.push(current);
    current = `${hanging}${word}`;
  }
  return [...lines, current];
}
