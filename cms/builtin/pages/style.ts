import { createHash } from 'node:crypto';

/** The one stylesheet of the pages: no image, no font, nothing loaded. Contrast is WCAG AA or better. */
export const STYLE = `:root{color-scheme:light dark;--ink:#1d2430;--soft:#5b6575;--paper:#f5f6f8;--card:#fff;--line:#dfe3e9;--field:#7b8494;--act:#1f5fbf;--on-act:#fff;--bad:#b3261e;--bad-paper:#fdf1f0;--good:#1b6e3c;--good-paper:#eef8f1}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3adbd;--paper:#14171c;--card:#1d2129;--line:#313743;--field:#848d9d;--act:#8ab4f8;--on-act:#10131a;--bad:#f2a59f;--bad-paper:#33201f;--good:#8fd6a8;--good-paper:#1b2d22}}
*{box-sizing:border-box}
html{font:1.0625rem/1.5 system-ui,sans-serif;background:var(--paper);color:var(--ink)}
body{margin:0;overflow-wrap:anywhere}
header,main{max-width:46rem;margin:0 auto;padding:0 1rem}
header{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.25rem;padding-top:1rem}
header nav{display:flex;flex-wrap:wrap;gap:0 1.25rem}
header form{margin-left:auto}
header a{padding:.4rem 0}
header a[aria-current]{color:var(--ink);font-weight:600;text-decoration:none}
main{padding-top:1.5rem;padding-bottom:3rem}
body.narrow main{max-width:38rem}
h1{margin:0 0 1rem;font-size:1.625rem;line-height:1.25}
h2{margin:0 0 .5rem;font-size:1.1875rem;line-height:1.3}
p{margin:0 0 1rem}
a{color:var(--act);text-underline-offset:.15em}
.soft,.hint{color:var(--soft)}
h1+.soft{margin-top:-.5rem}
.hint{display:block;margin:0 0 .4rem;font-size:.9375rem}
.card,fieldset{margin:0 0 1.25rem;padding:1.25rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
.card>:last-child,fieldset>:last-child,.note>:last-child{margin-bottom:0}
fieldset{min-width:0}
fieldset fieldset{margin:0 0 1rem;padding:0;border:0;background:none}
legend{padding:0;font-weight:600}
fieldset>legend{float:left;width:100%;margin-bottom:.75rem;font-size:1.1875rem}
fieldset fieldset>legend{margin-bottom:.35rem;font-size:1rem}
legend+*{clear:both}
.field{margin:0 0 1rem}
.field>label{display:block;margin-bottom:.15rem;font-weight:600}
.row{display:flex;flex-wrap:wrap;align-items:end;gap:0 1rem}
.row>.field{flex:1 1 10rem}
input[type=text],input[type=email],input[type=password],textarea{width:100%;min-height:2.75rem;padding:.5rem .7rem;border:1px solid var(--field);border-radius:.5rem;background:var(--paper);color:inherit;font:inherit}
textarea{resize:vertical;overflow-wrap:anywhere;font-size:.9375rem}
input.short{max-width:7rem}
[aria-invalid=true]{border:2px solid var(--bad)!important}
.error{display:block;margin:0 0 .4rem;color:var(--bad);font-weight:600}
.choice{display:flex;align-items:flex-start;gap:.7rem;padding:.35rem 0}
.choice input{flex:none;width:1.375rem;height:1.375rem;margin:.1rem 0 0;accent-color:var(--act)}
.choice .hint{margin:0}
.choices{display:flex;flex-wrap:wrap;gap:0 1.75rem}
.note{margin:0 0 1.25rem;padding:1rem 1.25rem;border:1px solid;border-left-width:.375rem;border-radius:.5rem}
.bad{border-color:var(--bad);background:var(--bad-paper)}
.bad a{color:var(--bad)}
.good{border-color:var(--good);background:var(--good-paper)}
.note ul{margin:0;padding-left:1.2rem}
.actions{display:flex;flex-wrap:wrap;align-items:center;gap:.75rem 1.25rem;margin:0 0 1.25rem}
button,.button{display:inline-block;min-height:2.75rem;padding:.6rem 1.25rem;border:1px solid var(--act);border-radius:.5rem;background:var(--act);color:var(--on-act);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
button.danger{border-color:var(--bad);background:var(--bad);color:var(--card)}
button.quiet{padding:.4rem .2rem;min-height:0;border:0;background:none;color:var(--act);font-weight:400;text-decoration:underline;text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
table{width:100%;margin:0 0 1.25rem;border-collapse:collapse}
caption{padding:0 0 .5rem;text-align:left;color:var(--soft)}
th,td{padding:.65rem .75rem .65rem 0;border-top:1px solid var(--line);text-align:left;vertical-align:top}
thead th{border-top:0;font-size:.9375rem;color:var(--soft)}
tbody th{width:99%;font-weight:400}
td,thead th{overflow-wrap:normal;white-space:nowrap}
tbody th a{display:inline-block;font-weight:600}
td small,th small{display:block;color:var(--soft);font-size:.9375rem}
.off{color:var(--bad);font-weight:600}
@media(max-width:36rem){html{font-size:1rem}.wide{display:none}fieldset,.card{padding:1rem}}
@media(prefers-reduced-motion:no-preference){button,.button{transition:filter .15s}}
button:hover,.button:hover{filter:brightness(1.08)}`;

/** What the content security policy lets in: this stylesheet and no other. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
