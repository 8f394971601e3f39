import { type Backlog, openBacklog } from './backlog.ts';
import type { Bench } from './bench.ts';
import { cpuSeconds } from './cpu.ts';
import { holds } from './figure.ts';
import { type Helper, startHelper } from './helper.ts';
import type { SinkAnswer, SinkOrder } from './mail-sink.ts';

/** Files of one person, which make one batch and one mail. */
const FILES_PER_MAIL = 10;

/** Worker processes, a sink in a process of its own, and batches that are closed on demand. */
export interface MailBench {
  sink: Helper<SinkOrder, SinkAnswer>;
  port: number;
  env: Record<string, string>;
  backlog: Backlog;
  /** CPU seconds the worker processes have used so far. */
  cpu(): number;
  /** Closes so many batches, then lets their mails go. @returns mails accepted per second */
  mail(count: number): Promise<number>;
  close(): Promise<void>;
}

/** @param workers processes, each with the queues of mail */
export async function openMailBench(bench: Bench, workers: number): Promise<MailBench> {
  const sink = startHelper<SinkOrder, SinkAnswer>(new URL('mail-sink.ts', import.meta.url));
  const { port } = await sink.ask('listen');
  const env = await bench.freshEnv({ SMTP_PORT: String(port) });
  const backlog = openBacklog(env);
  const [applier, ...mailers] = await Promise.all([
    bench.start('workers/main.js', env, ['--queues=file-events']),
    ...Array.from({ length: workers }, () =>
      bench.start('workers/main.js', env, ['--queues=email-render,email-send']),
    ),
  ]);
  let accepted = 0;
  return {
    sink,
    port,
    env,
    backlog,
    cpu: () => mailers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    async mail(count) {
      const renders = backlog.queue('email-render');
      await renders.pause();
      await backlog.fill(count * FILES_PER_MAIL);
      await backlog.drain();
      const began = performance.timeOrigin + performance.now();
      await renders.resume();
      accepted += count;
      const { at } = await sink.ask({ accepted });
      return count / ((at - began) / 1000);
    },
    async close() {
      await Promise.all([applier, ...mailers].map((one) => one.stop()));
      const [books] = await backlog.sql<{ sent: number; closed: number }[]>`
        select (select count(*) from email_notification_log where send_status = 'sent') as sent,
          (select count(*) from batch_processing_sessions where status <> 'processing') as closed`;
      const { count } = await sink.ask({ accepted: 0 });
      sink.stop();
      await backlog.close();
      holds('every closed batch is mailed once', books?.sent === count && books?.closed === count);
    },
  };
}
