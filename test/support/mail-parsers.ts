import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import PostalMime, { type Email } from 'postal-mime';
import { onPath } from '../../stack/parts/on-path.ts';

/** What a mail says, by parsers that have nothing to do with what composed it. */
export interface ParsedMail {
  subject: string;
  from: { name: string; address: string };
  to: string[];
  /** Decoded and unfolded; names in lower case. */
  headers: Record<string, string>;
  /** Null where there is no such part. Line ends are as they came. */
  text: string | null;
  html: string | null;
  /** Content in base64. */
  attachments: { filename: string | null; type: string; content: string }[];
  /** What the parser found wrong with it. */
  defects: string[];
}

export interface MailParser {
  name: string;
  parse(mails: Buffer[]): Promise<ParsedMail[]>;
}

/** Those that can be had here; Python's is left out where there is no Python 3. */
export function mailParsers(): MailParser[] {
  const python = onPath('python3');
  const ours = { name: 'postal-mime', parse: byPostalMime };
  return python
    ? [ours, { name: "Python's email", parse: (mails) => byPython(python, mails) }]
    : [ours];
}

function byPostalMime(mails: Buffer[]): Promise<ParsedMail[]> {
  return Promise.all(
    mails.map(async (mail) => said(await PostalMime.parse(mail, { attachmentEncoding: 'base64' }))),
  );
}

function said(mail: Email): ParsedMail {
  return {
    subject: mail.subject ?? '',
    from: { name: mail.from?.name ?? '', address: mail.from?.address ?? '' },
    to: (mail.to ?? []).map(({ address }) => address ?? ''),
    headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
    text: mail.text ?? null,
    html: mail.html ?? null,
    attachments: mail.attachments.map(({ filename, mimeType, content }) => ({
      filename,
      type: mimeType,
      content: String(content),
    })),
    defects: [],
  };
}

async function byPython(python: string, mails: Buffer[]): Promise<ParsedMail[]> {
  const script = fileURLToPath(new URL('./mail-parsers.py', import.meta.url));
  const process = spawn(python, ['-I', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(process, 'exit');
  process.stdin.end(JSON.stringify(mails.map((mail) => mail.toString('base64'))));
  const output = await text(process.stdout);
  const [code] = await exit;
  if (code !== 0) throw new Error(`Python could not read the mails (exit ${code})`);
  return JSON.parse(output) as ParsedMail[];
}
