import type { FileEvent } from '../contracts/file-events.ts';

/** What a failure carries besides words, wherever the clients of this world put it. */

type EventError = NonNullable<FileEvent['error']>;

const CODE_FIELDS = ['code', 'errno', 'error_code', 'errorcode', 'type', 'error_type', 'exception'];
const NAME_FIELDS = ['name', 'exception_type', 'exception_class', 'class', 'error_class', '__type'];
const STATUS_FIELDS = ['status', 'statuscode', 'status_code', 'httpstatus', 'http_status'];
const HTTP_FIELD = 'httpstatuscode';
const SERVICE_FIELDS = ['service', 'store', 'component', 'dependency', 'source'];
/** Objects that a client wraps the actual answer in. */
const WRAPPERS = [
  'error',
  'cause',
  'response',
  '$metadata',
  'responsemetadata',
  'inner',
  'details',
];
const MAX_DEPTH = 4;

/**
 * Codes and exception names, the most telling first: those of the details, outer before inner, codes
 * before names; then what the AWS clients put into their message; then the stack's exceptions. In lower
 * case, without package names.
 */
export function codesOf({ details, message, stack }: EventError): string[] {
  const levels = levelsOf(details);
  const fields = [CODE_FIELDS, NAME_FIELDS].flatMap((names) =>
    levels.flatMap((level) => textsOf(level, names)),
  );
  const aws = /^An error occurred \((\w{1,64})\)/.exec(message)?.[1];
  return [...fields, ...(aws ? [aws] : []), ...thrownIn(message), ...thrownIn(stack)].map(bareName);
}

/** HTTP statuses of the details. */
export function statusesOf(details: EventError['details']): number[] {
  return levelsOf(details)
    .flatMap((level) => valuesOf(level, [...STATUS_FIELDS, HTTP_FIELD, 'code']))
    .map((value) => (typeof value === 'string' ? Number(value) : value))
    .filter((status): status is number => typeof status === 'number')
    .filter((status) => Number.isInteger(status) && status >= 400 && status < 600);
}

/** The services the details name, in lower case. */
export function servicesOf(details: EventError['details']): string[] {
  return levelsOf(details)
    .flatMap((level) => textsOf(level, SERVICE_FIELDS))
    .map((name) => name.trim().toLowerCase());
}

type Level = Map<string, unknown>;

/** The details and what they wrap, outer first; names of fields in lower case. */
function levelsOf(details: EventError['details']): Level[] {
  const levels: Level[] = [];
  let current: unknown[] = [details];
  for (let depth = 0; depth < MAX_DEPTH && current.length > 0; depth += 1) {
    const found = current
      .filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
      .map(
        (value) => new Map(Object.entries(value as object).map(([k, v]) => [k.toLowerCase(), v])),
      );
    levels.push(...found);
    current = found.flatMap((level) => WRAPPERS.map((name) => level.get(name)));
  }
  return levels;
}

const valuesOf = (level: Level, names: string[]) =>
  names.map((name) => level.get(name)).filter((value) => value !== undefined);
const textsOf = (level: Level, names: string[]) =>
  valuesOf(level, names).filter((value) => typeof value === 'string');

/** `botocore.exceptions.ClientError`, `java.io.IOException`, `chroma::Error`: the last part counts. */
const bareName = (name: string) =>
  (
    name
      .trim()
      .split(/[.:/\\#]/)
      .at(-1) ?? ''
  ).toLowerCase();

/** The head of a line that reports an exception: `pkg.SomeError: text`, `SomeException`, `ENOENT: text`. */
const THROWN =
  /^(?:Uncaught |Caused by: )?((?:[A-Za-z_$][\w$]{0,63}\.){0,8}[A-Za-z_$][\w$]{0,63})(?::|$)/;

/** JavaScript and Java name the exception in the first line of a stack, Python in the last. */
function thrownIn(text: string | undefined): string[] {
  const lines = (text ?? '').split('\n').filter((line) => line.trim() !== '');
  const ends = new Set([lines[0], lines.at(-1)]);
  return [...ends].flatMap((line) => THROWN.exec(line?.trim() ?? '')?.[1] ?? []);
}
