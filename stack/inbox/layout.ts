/** The frame and look of every page of the inbox, light and dark, wide and narrow. */

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1d2430, #e6e9ef); --soft: light-dark(#5b6575, #9aa4b5);
  --paper: light-dark(#f5f6f8, #14171c); --card: light-dark(#fff, #1d2129); --line: light-dark(#dfe3e9, #313743);
  --accent: light-dark(#1f5fbf, #8ab4f8); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--accent); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
header { margin-bottom: 1rem; }
header p { margin: 0; color: var(--soft); }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.3; }
h1 a { color: inherit; }
form { display: flex; gap: .5rem; margin-bottom: 1rem; }
input { flex: 1; min-width: 0; }
input, button { padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card);
  color: inherit; font: inherit; }
.mails { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
.mails li + li { border-top: 1px solid var(--line); }
.mails a { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; padding: .75rem 1rem; color: inherit; }
.mails a:hover, .mails a:focus-visible { background: var(--paper); text-decoration: none; }
.subject { font-weight: 600; }
time, .who { color: var(--soft); font-size: .875rem; }
time { font-variant-numeric: tabular-nums; }
.who { grid-column: 1 / -1; }
nav { display: flex; gap: 1rem; padding: 1rem 0; }
.empty { padding: 3rem 1rem; text-align: center; color: var(--soft); }
table { width: 100%; border-collapse: collapse; margin-bottom: 1rem; font-size: .9375rem; }
th, td { padding: .2rem 0; text-align: left; vertical-align: top; white-space: pre-wrap; }
th { width: 8rem; padding-right: 1rem; color: var(--soft); font-weight: 400; }
iframe { display: block; width: 100%; height: 70vh; border: 1px solid var(--line); border-radius: .75rem; background: #fff; color-scheme: light; }
pre { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; white-space: pre-wrap; font-size: .875rem; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--accent); margin-bottom: .5rem; }
@media (max-width: 36rem) { .mails a { grid-template-columns: 1fr; } th { width: 5.5rem; } }
`;

/** Wraps a body in the page. The title is escaped here; the body must already be. */
export function layout(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – Tidings inbox</title><style>${STYLE}</style></head>
<body>${body}</body></html>`;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
