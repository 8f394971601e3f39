import { z } from 'zod';
import { emailQuery, listOf } from '../contracts/lists.ts';
import { findEmail, markSent, resendEmail } from '../db/queries/emails.ts';
import { emailDetail, listEmails } from '../db/queries/lists.ts';
import type { Deps } from '../deps.ts';
import { answerList, idParams, row } from './answers.ts';
import { conflict, notFound } from './problem.ts';
import { route } from './route.ts';

async function refuse(deps: Deps, id: number, what: string): Promise<never> {
  const email = await findEmail(deps.db.sql, id);
  if (!email) throw notFound(`mail ${id}`);
  throw conflict(`Mail ${id} is ${email.send_status}, which does not allow ${what}.`);
}

const found = async (deps: Deps, id: number) => {
  const email = await emailDetail(deps.db.orm, id);
  if (!email) throw notFound(`mail ${id}`);
  return email;
};

export const emailRoutes = [
  route({
    method: 'get',
    path: '/api/emails',
    access: 'admin',
    tag: 'Mails',
    summary: 'Mails, newest first',
    query: emailQuery,
    answers: { 200: { description: 'A page', schema: listOf(row) } },
    handle: async ({ deps, query }) => answerList(await listEmails(deps.db.orm, query)),
  }),
  route({
    method: 'get',
    path: '/api/emails/:id',
    access: 'admin',
    tag: 'Mails',
    summary: 'One mail with its content and attempts',
    params: idParams,
    answers: { 200: { description: 'The mail', schema: z.object({ data: row }) } },
    handle: async ({ deps, params }) => ({
      status: 200,
      body: { data: await found(deps, params.id) },
    }),
  }),
  route({
    method: 'get',
    path: '/api/emails/:id/html',
    access: 'admin',
    tag: 'Mails',
    summary: 'The HTML of one mail, as its reader gets it',
    params: idParams,
    answers: {
      200: { description: 'The page' },
      404: { description: 'No such mail, or it has none' },
    },
    handle: async ({ deps, params }) => {
      const { email_content_html: content } = await found(deps, params.id);
      if (content === null) throw notFound(`HTML of mail ${params.id}`);
      return { status: 200, raw: { type: 'text/html; charset=utf-8', content } };
    },
  }),
  route({
    method: 'post',
    path: '/api/emails/:id/resend',
    access: 'admin',
    tag: 'Mails',
    summary: 'Send a failed or unknown mail again',
    params: idParams,
    answers: {
      202: { description: 'Will be sent', schema: z.object({ data: row }) },
      409: { description: 'Its status forbids it' },
    },
    handle: async ({ deps, params: { id } }) => {
      if (!(await resendEmail(deps.db.sql, id, deps.config.EMAIL_MAX_ATTEMPTS)))
        await refuse(deps, id, 'resending');
      const email = await found(deps, id);
      const queue = email.rendered_at ? 'email-send' : 'email-render';
      await deps.producer.tryToEnsure(queue, [{ payload: { email_id: id } }]);
      return { status: 202, body: { data: email } };
    },
  }),
  route({
    method: 'post',
    path: '/api/emails/:id/mark-sent',
    access: 'admin',
    tag: 'Mails',
    summary: 'Note that an unknown mail has arrived',
    params: idParams,
    answers: {
      200: { description: 'Noted', schema: z.object({ data: row }) },
      409: { description: 'It is not unknown' },
    },
    handle: async ({ deps, params: { id } }) => {
      const marked = await deps.db.sql.begin((tx) => markSent(tx, id));
      if (!marked) await refuse(deps, id, 'marking it as sent');
      return { status: 200, body: { data: await found(deps, id) } };
    },
  }),
];
