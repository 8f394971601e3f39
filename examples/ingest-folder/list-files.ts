import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

export interface ListedFile {
  /** Where it is on this machine. */
  path: string;
  /** Relative to the folder, with `/` between the parts. */
  name: string;
}

/**
 * Lists everything in a folder and its sub-folders that is not a folder, by name. Nothing is left
 * out: links are not followed but listed, so are sockets, and so is a sub-folder that cannot be
 * opened; those that are no files then fail to be ingested.
 * @throws when the folder itself is missing or is no folder
 */
export async function listFiles(folder: string): Promise<ListedFile[]> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new Error(`${folder} is not a folder; give --dir one that is`);
  const files: ListedFile[] = [];
  const open = [''];
  for (let relative = open.pop(); relative !== undefined; relative = open.pop()) {
    const path = join(folder, relative);
    const entries: Dirent[] | undefined = await readdir(path, { withFileTypes: true }).catch(
      () => undefined,
    );
    if (!entries) files.push({ path, name: nameOf(relative) });
    for (const entry of entries ?? []) {
      const inside = join(relative, entry.name);
      if (entry.isDirectory()) open.push(inside);
      else files.push({ path: join(folder, inside), name: nameOf(inside) });
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const nameOf = (relative: string): string => relative.split(sep).join('/') || '.';
