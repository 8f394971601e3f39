import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import nodemailer from 'nodemailer';
import { answerOrders } from '../helper.ts';

/**
 * Entry of the bare chain: as many empty jobs, one after the other, as an event passes on its way to
 * the mail, and one SMTP send at the end.
 */

export type ChainOrder =
  | { open: { redisUrl: string; prefix: string; smtpPort: number } }
  | { samples: number };

const STEPS = ['first', 'second', 'third'];
let run: () => Promise<number>;

async function open({ redisUrl, prefix, smtpPort }: Extract<ChainOrder, { open: object }>['open']) {
  const producing = new Redis(redisUrl);
  const working = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const mailer = nodemailer.createTransport({
    pool: true,
    host: '127.0.0.1',
    port: smtpPort,
    secure: false,
    ignoreTLS: true,
  });
  const queues = STEPS.map((name) => new Queue(name, { connection: producing, prefix }));
  let done = (): void => {};
  const workers = STEPS.map((name, nth) => {
    const next = queues[nth + 1];
    const work = async () => {
      if (next) return void (await next.add('step', { id: 1 }, { removeOnComplete: true }));
      const mail = { from: 'a@example.com', to: 'chain@example.com', subject: 'one', text: 'one' };
      await mailer.sendMail(mail);
      done();
    };
    return new Worker(name, work, { connection: working, prefix });
  });
  await Promise.all([...queues, ...workers].map((one) => one.waitUntilReady()));
  run = async () => {
    const sent = new Promise<void>((resolve) => {
      done = resolve;
    });
    const began = performance.now();
    await queues[0]!.add('step', { id: 1 }, { removeOnComplete: true });
    await sent;
    return performance.now() - began;
  };
}

answerOrders(async (order: ChainOrder) => {
  const took: number[] = [];
  if ('open' in order) await open(order.open);
  else for (let nth = 0; nth < order.samples; nth += 1) took.push(await run());
  return took;
});
