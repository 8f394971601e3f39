import { readFile } from 'node:fs/promises';

/** The last lines of a log, indented, for an error message; empty when there is none. */
export async function logTail(file: string, lines = 30): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const last = text.trimEnd().split('\n').slice(-lines).filter(Boolean);
  return last.map((line) => `    ${line.slice(0, 400)}`).join('\n');
}
