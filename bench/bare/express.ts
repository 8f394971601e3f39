import type { AddressInfo } from 'node:net';
import express from 'express';
import postgres from 'postgres';
import { answerOrders } from '../helper.ts';

/** Entry of the bare Express: the same framework and parser with nothing of Tidings around them. */

export interface BareExpress {
  databaseUrl: string;
}

interface SentEvent {
  event_id: string;
  action: string;
  file_document_id: string;
  company_id: number;
  bot_id: number;
  user_email: string;
}

answerOrders(async ({ databaseUrl }: BareExpress) => {
  const sql = postgres(databaseUrl, { max: 10, onnotice: () => {} });
  const app = express();
  app.disable('x-powered-by');
  const parse = express.json({ limit: '5mb' });

  app.post('/accept', parse, (_request, response) => {
    response.status(202).end();
  });

  app.post('/insert', parse, async (request, response) => {
    const now = new Date();
    const chunk_id = '00000000-0000-4000-8000-000000000000';
    const rows = (request.body.events as SentEvent[]).map((event) => ({
      event_id: event.event_id,
      chunk_id,
      occurred_at: now,
      action: event.action,
      file_document_id: event.file_document_id,
      company_id: event.company_id,
      bot_id: event.bot_id,
      user_email: event.user_email,
      payload: sql.json(event as never),
    }));
    await sql`insert into bare_events ${sql(rows)}`;
    response.status(202).end();
  });

  const answer = { constant: 'answer' };
  app.get('/constant/:companyId/:botId/:userEmail', (_request, response) => {
    response.json(answer);
  });

  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { port: (server.address() as AddressInfo).port };
});
