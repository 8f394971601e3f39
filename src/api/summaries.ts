import { z } from 'zod';
import { summaryRequest } from '../contracts/summaries.ts';
import { createSummary } from '../db/queries/summaries.ts';
import { dateIn, spanOf } from '../domain/period.ts';
import { route } from './route.ts';

const answer = z.object({ data: z.object({ id: z.number().int(), send_status: z.string() }) });

export const summaryRoutes = [
  route({
    method: 'post',
    path: '/api/summaries',
    access: 'producer',
    tag: 'Mails',
    summary: "Send one person's day or week",
    body: summaryRequest,
    answers: {
      202: { description: 'Will be sent', schema: answer },
      200: { description: 'The same period was asked for already', schema: answer },
    },
    handle: async ({ deps, body }) => {
      const { period, date, ...owner } = body;
      const { settings } = await deps.preferences.resolve(owner);
      const timeZone = settings.timezone ?? 'UTC';
      const span = spanOf(period, date ?? dateIn(timeZone, new Date()), timeZone);
      const data = { period, from: span.from.toISOString(), to: span.to.toISOString() };
      const mail = await createSummary(deps.db.sql, owner, data, deps.config.EMAIL_MAX_ATTEMPTS);
      if (mail.created)
        void deps.producer.raise('email-render', [{ payload: { email_id: mail.id } }]);
      const { id, send_status } = mail;
      return { status: mail.created ? 202 : 200, body: { data: { id, send_status } } };
    },
  }),
];
