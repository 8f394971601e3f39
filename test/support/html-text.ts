import { type DefaultTreeAdapterTypes, parse } from 'parse5';

type Node = DefaultTreeAdapterTypes.Node;

/** What an HTML parser makes of a mail: every element by name, and every text with its element. */
export interface ParsedHtml {
  elements: string[];
  attributes: string[];
  texts: { element: string; text: string }[];
  /** Values of the attributes that lead or load from somewhere. */
  links: string[];
}

const LINKS = new Set(['href', 'src', 'background', 'action', 'srcset', 'poster', 'data']);

/** Parses a mail as a browser would. */
export function parseHtml(html: string): ParsedHtml {
  const found: ParsedHtml = { elements: [], attributes: [], texts: [], links: [] };
  walk(parse(html), '', found);
  return found;
}

function walk(node: Node, parent: string, found: ParsedHtml): void {
  if ('value' in node) found.texts.push({ element: parent, text: node.value });
  if ('tagName' in node) {
    found.elements.push(node.tagName);
    found.links.push(...node.attrs.filter(({ name }) => LINKS.has(name)).map(({ value }) => value));
    found.attributes.push(...node.attrs.map(({ name }) => `${node.tagName} ${name}`));
  }
  const name = 'tagName' in node ? node.tagName : parent;
  if ('childNodes' in node) for (const child of node.childNodes) walk(child, name, found);
}
