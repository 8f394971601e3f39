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

/**
 * Whether a collection may be one that the template names, for some company and bot.
 * @returns the test; a template without placeholders names one collection only
 */
export function collectionTest(template: string): (collection: string) => boolean {
  const seen = new Set<string>();
  const pattern = template
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1] ?? '';
      if (!(name in KNOWN)) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>[1-9]\\d{0,9})`;
    })
    .join('');
  const whole = new RegExp(`^${pattern}$`);
  return (collection) => whole.test(collection);
}
