import type { BareMails } from './bare/mailer.ts';
import type { Bench } from './bench.ts';
import { cpuSeconds } from './cpu.ts';
import type { Figure, Measured } from './figure.ts';
import { startHelper } from './helper.ts';
import type { SinkAnswer, SinkOrder } from './mail-sink.ts';
import { alternate } from './rounds.ts';
import { openMailBench } from './waiting-mails.ts';

/** From a closed batch to the server's answer, beside sending the same messages ready-made. */

/** As many connections as a worker process opens unless told otherwise. */
const CONNECTIONS = 5;
/** How long a server takes for its answer where it is the server that is waited for. */
const SLOW_SERVER_MS = 50;

async function measureMail(bench: Bench): Promise<Measured> {
  const mails = bench.short ? 150 : 1500;
  const ours = await openMailBench(bench, 1);
  const bare = startHelper<BareMails, { perSecond: number }>(
    new URL('bare/mailer.ts', import.meta.url),
  );
  const bareSink = startHelper<SinkOrder, SinkAnswer>(new URL('mail-sink.ts', import.meta.url));
  try {
    const { port } = await bareSink.ask('listen');
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

/** Mails each process sends before anything is measured: until then most of its code is interpreted. */
const WARM_MAILS = { full: 300, short: 20 };

/** Worker processes that are warm, and a server that takes its time. */
async function openSlowServer(bench: Bench, workers: number) {
  const opened = await openMailBench(bench, workers);
  await opened.mail(workers * WARM_MAILS[bench.short ? 'short' : 'full']);
  await opened.sink.ask({ answerAfterMs: SLOW_SERVER_MS });
  return opened;
}

async function measureScale(bench: Bench, workers: number): Promise<Measured> {
  const mails = bench.short ? 40 : 600;
  const [many, one] = await Promise.all([openSlowServer(bench, workers), openSlowServer(bench, 1)]);
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
  guard: { cpuAtMost: 6 },
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
