import { z } from 'zod';
import { summaryData, summaryRequest } from '../contracts/summaries.ts';
import { createSummary } from '../db/queries/summaries.ts';
import { dateIn, spanOf } from '../domain/period.ts';
import { HttpProblem } from './problem.ts';
import { route } from './route.ts';

const answer = z.object({ data: z.object({ id: z.number().int(), send_status: z.string() }) });

/** An empty summary of a day to come would be the only one there ever is of it. */
const notBegun = (timeZone: string) =>
  new HttpProblem(400, 'Invalid request', 'The body does not fit the contract.', {
    errors: [{ path: 'date', message: `has not begun yet in ${timeZone}` }],
  });

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
      const today = dateIn(timeZone, new Date());
      if (date && date > today) throw notBegun(timeZone);
      const span = spanOf(period, date ?? today, timeZone);
      const [from, to] = [span.from.toISOString(), span.to.toISOString()];
      // What the mail's renderer would refuse must not be written.
      const data = summaryData.parse({ period, from, to });
      const mail = await createSummary(deps.db.sql, owner, data, deps.config.EMAIL_MAX_ATTEMPTS);
      if (mail.created)
        void deps.producer.raise('email-render', [{ payload: { email_id: mail.id } }]);
      const { id, send_status } = mail;
      return { status: mail.created ? 202 : 200, body: { data: { id, send_status } } };
    },
  }),
];
