import type { openApiDocument } from './openapi.ts';

type Document = ReturnType<typeof openApiDocument>;
/** What the page tells of a JSON schema. */
interface Schema {
  type?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  default?: unknown;
  example?: unknown;
}
interface Operation {
  summary: string;
  tags: string[];
  security?: Record<string, unknown>[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  parameters: { name: string; in: string; required: boolean; schema: Schema }[];
  responses: Record<string, { description: string }>;
}

/** Text made safe for element content and quoted attributes. */
export const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

/** A plain page of the HTTP contract: no scripts, nothing loaded from elsewhere. */
export function docsPage(document: Document): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method,
      operation: operation as Operation,
    })),
  );
  const tags = [...new Set(operations.map(({ operation }) => operation.tags[0] ?? 'Other'))];
  const sections = tags.map((tag) => {
    const items = operations.filter(({ operation }) => operation.tags[0] === tag).map(item);
    return `<section><h2>${escaped(tag)}</h2>${items.join('')}</section>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Tidings API</title>
<style>${STYLE}</style></head><body><main><h1>Tidings API</h1>
<p>${escaped(document.info.description)}</p>
<p>The machine-readable document is <a href="/openapi.json">openapi.json</a>. Keys go into
<code>Authorization: Bearer KEY</code>; errors are RFC 9457 problem documents.</p>
${sections.join('')}</main></body></html>`;
}

function item({ path, method, operation }: { path: string; method: string; operation: Operation }) {
  const who = operation.security ? Object.keys(operation.security[0] ?? {})[0] : 'open';
  const parameters = operation.parameters
    .map(
      (p) =>
        `<li><code>${escaped(p.name)}</code> in ${p.in}${p.required ? ', required' : ''}: ${allowed(p.schema)}</li>`,
    )
    .join('');
  const answers = Object.entries(operation.responses)
    .map(([status, { description }]) => `<li><b>${status}</b> ${escaped(description)}</li>`)
    .join('');
  const body = operation.requestBody ? bodyOf(operation.requestBody) : '';
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escaped(path)}</code>
<span>${escaped(operation.summary)}</span> <em>${escaped(who ?? '')}</em></summary>
${parameters ? `<h3>Parameters</h3><ul>${parameters}</ul>` : ''}${body}<h3>Answers</h3><ul>${answers}</ul></details>`;
}

/** A parameter's type and what it may be: `integer, 1 to 200, default 50`. */
function allowed(schema: Schema): string {
  const { type = 'any', format, pattern, enum: choices, default: otherwise } = schema;
  const code = (value: unknown) => `<code>${escaped(String(value))}</code>`;
  const parts = [
    format ? `${type} (${format})` : type,
    choices && `one of ${choices.map(code).join(', ')}`,
    range(schema.minimum, schema.maximum),
    range(schema.minLength, schema.maxLength, ' characters'),
    // A format says in a word what its pattern says in a line.
    pattern && !format && `matches ${code(pattern)}`,
    otherwise !== undefined && `default ${code(otherwise)}`,
  ];
  return parts.filter(Boolean).join(', ');
}

function range(from: number | undefined, to: number | undefined, of = ''): string {
  if (to === undefined || to === Number.MAX_SAFE_INTEGER)
    return from === undefined ? '' : `at least ${from}${of}`;
  return from === undefined ? `at most ${to}${of}` : `${from} to ${to}${of}`;
}

function bodyOf(body: { content: Record<string, { schema: Schema }> }): string {
  const json = (value: unknown) => `<pre>${escaped(JSON.stringify(value, null, 1))}</pre>`;
  const examples = Object.values(body.content)
    .filter(({ schema }) => schema.example !== undefined)
    .map(({ schema }) => `<h3>Example</h3>${json(schema.example)}`);
  return `${examples.join('')}<h3>Body</h3>${json(body)}`;
}

const STYLE = `:root{color-scheme:light dark;--line:#8884}
body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:auto;padding:2rem 1rem}
h2{margin:2.5rem 0 .5rem}h3{font-size:.95rem;margin:.8rem 0 .2rem}
details{border-top:1px solid var(--line);padding:.5rem 0}summary{cursor:pointer}
summary code{font-weight:600;overflow-wrap:anywhere}summary em{opacity:.7}
pre{overflow:auto;max-height:24rem;background:#8881;padding:.8rem;border-radius:6px;font-size:.85rem}
.get{color:#1667b7}.post{color:#14794e}.patch{color:#9a5b00}.delete{color:#b3261e}
@media(prefers-color-scheme:dark){.get{color:#7bb8f5}.post{color:#62cf9d}.patch{color:#e9b063}.delete{color:#f2a596}a{color:#7bb8f5}}`;
