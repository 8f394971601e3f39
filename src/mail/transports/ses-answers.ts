import type { Answer } from './http-exchange.ts';
import { commonMeaning, retryAfterMs } from './http-transport.ts';
import { redact } from './redact.ts';
import type { SendOutcome } from './transport.ts';

/** Errors of `SendEmail` (SES API v2) that are about the account or the sender, not about the mail. */
const ACCOUNT = new Set([
  'AccountSuspendedException',
  'SendingPausedException',
  'MailFromDomainNotVerifiedException',
  'LimitExceededException',
  'NotFoundException',
]);

/** Errors common to all AWS actions that are about credentials; some of them come as 400. */
const CREDENTIALS = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

const THROTTLED = new Set(['TooManyRequestsException', 'ThrottlingException', 'Throttling']);

const SETTINGS = 'SES_REGION, the AWS credentials and their permissions';

/** What an answer to `SendEmail` means. The code decides; its message is only passed on. */
export function sesMeaning(answer: Answer): SendOutcome {
  const code = errorCode(answer);
  const response = redact(`${code ?? answer.status} ${field(answer, 'message') ?? ''}`);
  if (answer.status === 200)
    return { outcome: 'sent', response: redact(`200 ${field(answer, 'MessageId') ?? ''}`) };
  if (code && THROTTLED.has(code))
    return {
      outcome: 'unavailable',
      reason: `SES is asked too often (${code})`,
      retryAfterMs: retryAfterMs(answer),
    };
  if (code && ACCOUNT.has(code))
    return {
      outcome: 'unavailable',
      reason: `SES lets the account or the sender not send (${code})`,
    };
  if (code && CREDENTIALS.has(code))
    return {
      outcome: 'unavailable',
      reason: `SES refused the request (${code}): check ${SETTINGS}`,
    };
  if (answer.status === 400)
    return { outcome: 'permanent', reason: `SES refused the mail (${code ?? 400})`, response };
  return (
    commonMeaning(answer, SETTINGS) ?? {
      outcome: 'unknown',
      reason: `SES answered ${answer.status} instead of 200`,
    }
  );
}

/** A key that may send but not read the account is right enough. */
export function accountFault(answer: Answer): string | undefined {
  if (answer.status === 200 || errorCode(answer) === 'AccessDeniedException') return undefined;
  return `the credentials were not accepted (${errorCode(answer) ?? answer.status})`;
}

/** The error's name: in `x-amzn-errortype`, with an address behind a colon, or in the body's `__type`. */
function errorCode(answer: Answer): string | undefined {
  const header = answer.headers['x-amzn-errortype'];
  const named =
    typeof header === 'string' ? header : (field(answer, '__type') ?? field(answer, 'code'));
  return named?.split(':')[0]?.split('#').at(-1);
}

function field({ text }: Answer, name: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const entries = typeof body === 'object' && body !== null ? Object.entries(body) : [];
    const value = entries.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
