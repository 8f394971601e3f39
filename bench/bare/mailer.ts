import nodemailer from 'nodemailer';
import { answerOrders } from '../helper.ts';

/** Entry of the bare mailer: nodemailer's pool, given messages that are ready. */

export interface BareMails {
  port: number;
  connections: number;
  mails: number;
  subject: string;
  text: string;
  html: string;
}

answerOrders(async ({ port, connections, mails, ...content }: BareMails) => {
  const mailer = nodemailer.createTransport({
    pool: true,
    host: '127.0.0.1',
    port,
    secure: false,
    ignoreTLS: true,
    maxConnections: connections,
  });
  const began = performance.now();
  await Promise.all(
    Array.from({ length: mails }, (_, nth) =>
      mailer.sendMail({ from: 'a@example.com', to: `bare-${nth}@example.com`, ...content }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  mailer.close();
  return { perSecond: mails / seconds };
});
