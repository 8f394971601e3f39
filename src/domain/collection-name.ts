/** How the vector store's collection of a file is named. */

export interface FileOwner {
  companyId: number | null;
  botId: number | null;
}

const PLACEHOLDER = /\{(\w+)\}/g;
const KNOWN: Record<string, (owner: FileOwner) => number | null> = {
  company_id: ({ companyId }) => companyId,
  bot_id: ({ botId }) => botId,
};

/** Why the file's collection cannot be named; null where it can. */
export function unnamedCollection(template: string, owner: FileOwner): string | null {
  for (const [, name = ''] of template.matchAll(PLACEHOLDER))
    if (KNOWN[name]?.(owner) === null)
      return `no ${name} is known, which the collection is named by`;
  return null;
}

/** The collection of the file's owner. Only for owners whose collection can be named. */
export function collectionName(template: string, owner: FileOwner): string {
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    String(KNOWN[name]?.(owner) ?? whole),
  );
}
