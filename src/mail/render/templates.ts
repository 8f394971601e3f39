import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';
import mjml2html from 'mjml';
import { isolated } from './untrusted-text.ts';
import { wrapText } from './wrap-text.ts';

/**
 * A mail's look, compiled once per process: MJML to HTML, HTML to a Handlebars function. People's
 * data only ever meets the compiled function, which escapes it; MJML never sees it.
 */

/** One mail as it goes to a transport. `html` is null for people who asked for plain text. */
export interface RenderedMail {
  subject: string;
  html: string | null;
  text: string;
}

export interface Template<View> {
  html: (view: View) => string;
  text: (view: View) => string;
}

const FOLDER = fileURLToPath(new URL('../templates/', import.meta.url));
const TEXT_HELPERS = {
  isolated,
  underline: (heading: string) => '-'.repeat(heading.length),
};

/** A loader for `templates/NAME.mjml` and `NAME.text.hbs` that compiles on its first call only. */
export function templateOf<View>(name: string): () => Promise<Template<View>> {
  let compiled: Promise<Template<View>> | undefined;
  return () => {
    compiled ??= compile<View>(name).catch((error: unknown) => {
      // A file that could not be read this time may be readable next time.
      compiled = undefined;
      throw error;
    });
    return compiled;
  };
}

async function compile<View>(name: string): Promise<Template<View>> {
  const { html: skeleton } = await mjml2html(await source(`${name}.mjml`), {
    filePath: FOLDER,
    ignoreIncludes: false,
    validationLevel: 'strict',
    fonts: {},
    keepComments: false,
  });
  const html = Handlebars.create();
  const text = Handlebars.create();
  const strict = { strict: true, knownHelpersOnly: true };
  const plain = { ...strict, noEscape: true, knownHelpers: { isolated: true, underline: true } };
  text.registerHelper(TEXT_HELPERS);
  html.registerPartial('files', html.compile(await source('partials/files.html.hbs'), strict));
  text.registerPartial('files', text.compile(await source('partials/files.text.hbs'), plain));
  const fillText = text.compile<View>(await source(`${name}.text.hbs`), plain);
  return {
    html: html.compile<View>(denser(skeleton), strict),
    text: (view) => wrapText(fillText(view)),
  };
}

/** The skeleton's indentation is a third of its size and tells a mail client nothing. */
function denser(html: string): string {
  return html.replace(/^[ \t]+/gm, '').replace(/\n{2,}/g, '\n');
}

function source(file: string): Promise<string> {
  return readFile(`${FOLDER}${file}`, 'utf8');
}
