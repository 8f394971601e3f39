import type { Request, RequestHandler, Response } from 'express';
import { setKeyKind } from '../auth.ts';
import { refuseForgery } from './form-body.ts';
import type { Session, Sessions } from './sessions.ts';

/** What handles an admin's request. `id` is the path's, empty where it has none. */
export type AdminHandler = (
  call: { request: Request; id: string; csrf: string },
  response: Response,
) => unknown;

/**
 * Lets admins through and sends everybody else to the login. What changes something has to come from
 * a form of ours.
 */
export function forAdmins(sessions: Sessions) {
  return (handle: AdminHandler): RequestHandler =>
    async (request, response) => {
      const session: Session<unknown> | null = sessions.admin(request);
      if (!session) return response.redirect(303, '/admin/login');
      setKeyKind(response, 'admin page');
      if (request.method === 'POST') refuseForgery(sessions, session, request.body);
      const { id } = request.params;
      await handle({ request, id: String(id ?? ''), csrf: session.csrf }, response);
    };
}
