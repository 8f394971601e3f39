import type { PreferenceOwner } from '../contracts/preferences.ts';
import type { Locale } from '../mail/locales/locale.ts';
import { fill } from '../mail/render/wording.ts';
import { escaped } from './docs-page.ts';

/** What stands on the page: a question or its answer about somebody, or what is wrong. */
export type UnsubscribeContent =
  | { show: 'ask' | 'done'; owner: PreferenceOwner }
  | { show: 'expired' | 'unknown' | 'unavailable' };

/**
 * The page behind a mail's unsubscribe link: asks, confirms, or says what is wrong. No scripts, nothing
 * loaded from elsewhere.
 */
export function unsubscribePage(locale: Locale, content: UnsubscribeContent): string {
  const { title, text, note } = locale.unsubscribe[content.show];
  const sentence = 'owner' in content ? about(text, locale, content.owner) : text;
  const button = `<form method="post"><button>${locale.unsubscribe.action}</button></form>`;
  return `<!doctype html><html lang="${locale.language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>${STYLE}</style></head><body><main><h1>${title}</h1>
<p${content.show === 'done' ? ' role="status"' : ''}>${sentence}</p>
${content.show === 'ask' ? button : ''}
${note ? `<p class="soft">${note}</p>` : ''}</main></body></html>`;
}

function about(text: string, locale: Locale, owner: PreferenceOwner): string {
  const bot = fill(locale.batch.bot, { id: owner.bot_id });
  return fill(text, { person: `<b>${masked(owner)}</b>`, bot: `<b>${bot}</b>` });
}

/** Enough of the address for its owner to know it; the link may have been passed on. */
function masked({ user_email }: PreferenceOwner): string {
  const at = user_email.lastIndexOf('@');
  return `${escaped(user_email.slice(0, 1))}…${escaped(user_email.slice(at))}`;
}

const STYLE = `:root{color-scheme:light dark;--ink:#1d2430;--soft:#5b6575;--paper:#f5f6f8;--card:#fff;--line:#dfe3e9;--act:#1f5fbf;--on-act:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3adbd;--paper:#14171c;--card:#1d2129;--line:#313743;--act:#8ab4f8;--on-act:#10131a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
main{width:100%;max-width:30rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:1rem}
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
p{margin:0 0 1.25rem}p:last-child{margin:0}.soft{color:var(--soft);font-size:.9375rem}
button{width:100%;margin:0 0 1.25rem;padding:.8rem 1rem;border:0;border-radius:.6rem;background:var(--act);color:var(--on-act);font:inherit;font-weight:600;cursor:pointer}
button:hover{filter:brightness(1.08)}button:focus-visible{outline:3px solid var(--act);outline-offset:3px}`;
