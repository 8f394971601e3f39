import type { FileEvent } from '../contracts/file-events.ts';
import type { ErrorCategory } from './corrections.ts';
import { codesOf, servicesOf, statusesOf } from './failure-evidence.ts';

type EventError = NonNullable<FileEvent['error']>;

/** Codes of systems, of S3 and of Chroma, and names of exceptions, in lower case and without package. */
const CODES: Record<ErrorCategory, string[]> = {
  file_not_found: [
    ...['enoent', 'filenotfounderror', 'filenotfoundexception', 'nosuchfileexception'],
    ...['nosuchkey', 'nosuchversion', 'notfound'],
  ],
  s3_error: [
    ...['accessdenied', 'allaccessdisabled', 'nosuchbucket', 'nosuchupload', 'invalidbucketname'],
    ...['slowdown', 'entitytoolarge', 'invalidobjectstate', 'permanentredirect', 'invalidrange'],
    ...['invalidaccesskeyid', 'signaturedoesnotmatch', 'expiredtoken', 'invalidtoken'],
    ...['requesttimetooskewed', 'authorizationheadermalformed', 'baddigest', 'incompletebody'],
    ...['s3serviceexception', 's3uploadfailederror', 'nocredentialserror', 'quotaexceeded'],
    ...[
      'endpointconnectionerror',
      'clienterror',
      'botocoreerror',
      's3error',
      'invalidresponseerror',
    ],
  ],
  storage_error: [
    ...['chromaerror', 'chromaclienterror', 'chromaservererror', 'chromaconnectionerror'],
    ...['chromanotfounderror', 'chromauniqueerror', 'chromavalueerror', 'chromaquotaexceedederror'],
    ...['invaliddimensionexception', 'invalidcollectionexception', 'duplicateiderror'],
    ...['idalreadyexistserror', 'batchsizeexceedederror', 'vectorstoreerror'],
  ],
  processing_error: [
    ...['pdfreaderror', 'pdfsyntaxerror', 'pdfinfonotinstallederror', 'filenotdecryptederror'],
    ...['parsererror', 'parseerror', 'syntaxerror', 'badzipfile', 'packagenotfounderror'],
    ...['unicodedecodeerror', 'unicodeencodeerror', 'jsondecodeerror', 'unidentifiedimageerror'],
    ...['memoryerror', 'outofmemoryerror', 'recursionerror', 'rangeerror', 'typeerror'],
    ...['valueerror', 'keyerror', 'assertionerror', 'nullpointerexception'],
    ...['ratelimiterror', 'contextlengthexceeded', 'context_length_exceeded', 'unsupportedformat'],
  ],
};
const CATEGORY_OF_CODE = new Map(
  Object.entries(CODES).flatMap(([category, codes]) =>
    codes.map((code) => [code, category as ErrorCategory]),
  ),
);

/** The dependency that answered, as producers call it. */
const CATEGORY_OF_SERVICE = new Map<string, ErrorCategory>([
  ...['s3', 'minio', 'bucket', 'object_storage', 'object-storage'].map(
    (name) => [name, 's3_error'] as const,
  ),
  ...['chroma', 'chromadb', 'vector', 'vectors', 'vector_store', 'vector-store', 'vectordb'].map(
    (name) => [name, 'storage_error'] as const,
  ),
  ...['parser', 'ocr', 'embedding', 'embeddings', 'llm', 'splitter', 'tokenizer'].map(
    (name) => [name, 'processing_error'] as const,
  ),
]);

/** HTTP statuses that say that what was asked for is not there. */
const GONE = new Set([404, 410]);

/** Words that point to a category, for producers that send nothing better. */
const HINTS: [RegExp, ErrorCategory][] = [
  [/file not found|no such file|enoent|nosuchkey/i, 'file_not_found'],
  [/\bs3\b|bucket/i, 's3_error'],
  [/chroma|vector/i, 'storage_error'],
];

/**
 * The category of a failure: the producer's own; else by codes and exception names, the most telling
 * first; else by the service that failed; else by an HTTP status; else by the words of the message;
 * else `processing_error`. Words come last because a file's name can be in them.
 */
export function categorize(error: EventError): string {
  if (error.category) return error.category;
  return byCode(error) ?? byService(error) ?? byWords(error.message) ?? 'processing_error';
}

function byCode(error: EventError): ErrorCategory | undefined {
  for (const code of codesOf(error)) {
    const category = CATEGORY_OF_CODE.get(code);
    if (category) return category;
  }
  return undefined;
}

/** A store that answers 404 says that the file is not there, whatever store it is but Chroma. */
function byService({ details }: EventError): ErrorCategory | undefined {
  const service = servicesOf(details)
    .map((name) => CATEGORY_OF_SERVICE.get(name))
    .find(Boolean);
  const gone = statusesOf(details).some((status) => GONE.has(status));
  if (gone && (service === undefined || service === 's3_error')) return 'file_not_found';
  return service;
}

function byWords(message: string): ErrorCategory | undefined {
  return HINTS.find(([words]) => words.test(message))?.[1];
}
