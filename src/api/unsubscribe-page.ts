import type { PreferenceOwner } from '../contracts/preferences.ts';
import { escaped } from './docs-page.ts';

type Notice = 'expired' | 'unknown' | 'unavailable';

const NOTICES: Record<Notice, { title: string; text: string }> = {
  expired: {
    title: 'This link has expired',
    text: 'Use the link in a newer mail, or change your notification settings in the application.',
  },
  unknown: {
    title: 'This link does not work',
    text: 'It may have been cut off on its way. Try the link in the mail again, or change your notification settings in the application.',
  },
  unavailable: {
    title: 'Please try again in a minute',
    text: 'Our records cannot be reached just now. Reload this page soon; doing it twice does no harm.',
  },
};

/**
 * The page behind a mail's unsubscribe link: asks, confirms, or says what is wrong. No scripts, nothing
 * loaded from elsewhere.
 */
export function unsubscribePage(content: Notice): string;
export function unsubscribePage(content: 'ask' | 'done', owner: PreferenceOwner): string;
export function unsubscribePage(content: Notice | 'ask' | 'done', owner?: PreferenceOwner): string;
export function unsubscribePage(content: Notice | 'ask' | 'done', owner?: PreferenceOwner): string {
  if (content === 'ask' && owner)
    return document(
      'Stop these mails?',
      `<p>${who(owner)} will get no more mails about files of ${what(owner)}.</p>
<form method="post"><button>Stop these mails</button></form>
<p class="soft">Files are processed as before. Mails about other bots are not affected.</p>`,
    );
  if (content === 'done' && owner)
    return document(
      'These mails stop',
      `<p role="status">${who(owner)} gets no more mails about files of ${what(owner)}.</p>
<p class="soft">To get them again, turn notifications on in the settings of the application.</p>`,
    );
  const { title, text } = NOTICES[content as Notice];
  return document(title, `<p>${text}</p>`);
}

const what = ({ bot_id }: PreferenceOwner) => `<b>knowledge bot ${bot_id}</b>`;

/** Enough of the address for its owner to know it; the link may have been passed on. */
function who({ user_email }: PreferenceOwner): string {
  const at = user_email.lastIndexOf('@');
  return `<b>${escaped(user_email.slice(0, 1))}…${escaped(user_email.slice(at))}</b>`;
}

function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>${STYLE}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`;
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
