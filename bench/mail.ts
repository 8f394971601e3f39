import type { BareMails } from './bare/mailer.ts';
import type { Bench } from './bench.ts';
import { cpuSeconds } from './cpu.ts';
import type { Figure, Measured } from './figure.ts';
import { startHelper } from './helper.ts';
import { alternate } from './rounds.ts';
import { openMailBench } from './waiting-mails.ts';

/** From a closed batch to the server's answer, beside sending the same messages ready-made. */

/** As many connections as a worker process opens unless told otherwise. */
const CONNECTIONS = 5;
/** How long a server takes for its answer where it is the server that is waited for. */
const SLOW_SERVER_MS = 50;

async function measureMail(bench: Bench): Promise<Measured> {
  const mails = bench.short ? 200 : 1500;
  const ours = await openMailBench(bench, { workers: 1, answerAfterMs: 0 });
  const bare = startHelper<BareMails, { perSecond: number }>(
    new URL('bare/mailer.ts', import.meta.url),
  );
  const bareSink = startHelper<object, { port: number }>(new URL('mail-sink.ts', import.meta.url));
  try {
    const { port } = await bareSink.ask({ listen: { answerAfterMs: 0 } });
    await ours.mail(10);
    const [one] = await ours.backlog.sql<{ subject: string; text: string; html: string }[]>`
      select email_subject as subject, email_content_text as text, email_content_html as html
      from email_notification_log limit 1`;
    const order = { ...one!, port, mails, connections: CONNECTIONS };
    const cpu = { ours: 0, bare: 0 };
    const measured = async (
      side: keyof typeof cpu,
      used: () => number,
      run: () => Promise<number>,
    ) => {
      const before = used();
      const perSecond = await run();
      cpu[side] += (used() - before) / mails / (bench.rounds + 1);
      return perSecond;
    };
    const rounds = await alternate(
      bench.rounds,
      () => measured('ours', ours.cpu, () => ours.mail(mails)),
      () =>
        measured(
          'bare',
          () => cpuSeconds(bare.pid),
          async () => (await bare.ask(order)).perSecond,
        ),
    );
    const milliseconds = (seconds: number) => (seconds * 1000).toFixed(1);
    return {
      rounds,
      cpu,
      notes: [
        `CPU of the process per mail ${milliseconds(cpu.ours)} ms beside ${milliseconds(cpu.bare)} ms`,
      ],
    };
  } finally {
    bare.stop();
    bareSink.stop();
    await ours.close();
  }
}

async function measureScale(bench: Bench, workers: number): Promise<Measured> {
  const mails = bench.short ? 50 : 600;
  const many = await openMailBench(bench, { workers, answerAfterMs: SLOW_SERVER_MS });
  const one = await openMailBench(bench, { workers: 1, answerAfterMs: SLOW_SERVER_MS });
  try {
    const rounds = await alternate(
      bench.rounds,
      () => many.mail(mails),
      () => one.mail(mails),
    );
    return { rounds };
  } finally {
    await many.close();
    await one.close();
  }
}

export const mailRate: Figure = {
  name: 'mail',
  what: 'mails per second, batch closed to accepted by the sink',
  beside: 'nodemailer pool sending the same ready-made messages',
  unit: 'mails/s',
  target: { atLeast: 0.8 },
  guard: { cpuAtMost: 9 },
  measure: measureMail,
};

const scale = (workers: number, atLeast: number): Figure => ({
  name: `scale-${workers}`,
  what: `${workers} worker processes, sink answering after ${SLOW_SERVER_MS} ms`,
  beside: '1 worker process',
  unit: 'mails/s',
  target: { atLeast },
  measure: (bench) => measureScale(bench, workers),
});

export const scaleFigures = [scale(2, 1.9), scale(4, 3.5)];
