import type { FileEvent } from '../../src/contracts/file-events.ts';

/** What a file that cannot be ingested is reported with. */

/** What the ingester does to a file, in order. */
export type Step = 'register' | 'open' | 'upload' | 'read' | 'store';

export type Failure = NonNullable<FileEvent['error']> & { category: string };

/** The category says whose fault it was, so it follows from the step and never from a message. */
const CATEGORIES: Record<Step, string> = {
  register: 'cms_error',
  open: 'file_not_found',
  upload: 's3_error',
  read: 'processing_error',
  store: 'storage_error',
};

/** The stage of the contract at which a step fails. */
export const STAGE_OF = {
  register: 'download',
  open: 'download',
  upload: 'download',
  read: 'processing',
  store: 'storage',
} as const satisfies Record<Step, FileEvent['processing_stage']>;

const MESSAGE_LIMIT = 400;

/** The `error` of a file event for whatever was thrown during a step. */
export function describeFailure(step: Step, thrown: unknown): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = codeOf(error);
  const status = statusOf(error);
  return {
    category: CATEGORIES[step],
    message: shortened(sentence(step, error, status ? `HTTP ${status}` : code)),
    details: { step, ...(code && { code }), ...(status && { http_status: status }) },
    stack: error.stack?.slice(0, 10_000),
  };
}

function sentence(step: Step, error: Error, code: string | undefined): string {
  switch (step) {
    case 'open':
      if (code === 'ENOENT') return 'The file was listed, but it is not there to be opened.';
      return code ? `The file cannot be opened (${code}).` : error.message;
    case 'upload':
      return `The object storage did not take the file (${code ?? error.message}).`;
    case 'store':
      return `The vector store refused a page of chunks: ${withoutAddress(error.message)}`;
    case 'register':
      return `The file could not be registered: ${error.message}`;
    case 'read':
      return error.message;
  }
}

/** The Chroma client begins with the address of the server, which is nobody's business but ours. */
function withoutAddress(message: string): string {
  return message.replace(/^.*?\bhttps?:\/\/\S+ (with status: )?/s, '');
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The HTTP status of an S3 answer. */
function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode;
}

/** Cut between characters, because half of one could not be stored. */
function shortened(message: string): string {
  const characters = [...message.toWellFormed()];
  if (characters.length <= MESSAGE_LIMIT) return characters.join('') || 'unknown reason';
  return `${characters.slice(0, MESSAGE_LIMIT - 1).join('')}…`;
}
