import { type RequestHandler, urlencoded } from 'express';
import { Problem } from '../problem.ts';
import { formValues } from './form-values.ts';
import type { Session, Sessions } from './sessions.ts';

/** Reads a form; no form of ours is nearly as large. */
export const readForm: RequestHandler = urlencoded({
  extended: false,
  limit: '32kb',
  parameterLimit: 50,
});

/**
 * Refuses a form that another site made somebody send.
 * @throws Problem 403
 */
export function refuseForgery(sessions: Sessions, session: Session<unknown>, body: unknown): void {
  if (sessions.sameForm(session, formValues(body).csrf ?? '')) return;
  throw new Problem(403, 'The form did not come from the page that is open now, or too late.');
}
