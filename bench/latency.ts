import { setTimeout as pause } from 'node:timers/promises';
import { openBacklog } from './backlog.ts';
import type { ChainOrder } from './bare/chain.ts';
import type { Bench } from './bench.ts';
import { type Figure, holds, type Measured } from './figure.ts';
import { startHelper } from './helper.ts';
import { numberedEvent } from './load/bodies.ts';
import type { SinkAnswer, SinkOrder } from './mail-sink.ts';
import { alternate } from './rounds.ts';

/** How long a person waits for the mail once the last file is done, on an idle system. */

/** So many events of one person reach the threshold; the last of them is the one that is timed. */
const FILES = 5;
const POLL_MS = 5;

/** By nearest rank: so many of the samples took no longer. */
const percentile = (took: number[], share: number) =>
  [...took].sort((a, b) => a - b)[Math.ceil(took.length * share) - 1]!;

async function measureLatency(bench: Bench): Promise<Measured> {
  const sink = startHelper<SinkOrder, SinkAnswer>(new URL('mail-sink.ts', import.meta.url));
  const chain = startHelper<ChainOrder, number[]>(new URL('bare/chain.ts', import.meta.url));
  const { port } = await sink.ask('listen');
  const env = await bench.freshEnv({ SMTP_PORT: String(port) });
  const [api, worker] = await Promise.all([
    bench.start('api/server.js', env),
    bench.start('workers/main.js', env),
  ]);
  const backlog = openBacklog(env);
  /** What follows a mail, such as the word to the CMS, is over before the next one is on its way. */
  const idle = async () => {
    for (;;) {
      const [row] = await backlog.sql<{ busy: boolean }[]>`
        select exists (select from file_event_chunks)
          or exists (
            select from batch_processing_sessions
            where status <> 'processing' and cms_written_back_at is null
          ) as busy`;
      if (!row?.busy) return;
      await pause(POLL_MS);
    }
  };
  const push = async (events: object[]) => {
    const response = await fetch(`http://127.0.0.1:${api.port}/api/file-events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${env.INGESTION_SERVICE_API_KEY}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ events }),
    });
    holds('the events are accepted', response.status === 202);
  };
  const samples = bench.short ? 15 : 100;
  let person = 0;
  const one = async () => {
    person += 1;
    const user_email = `idle-${person}@example.com`;
    const events = Array.from({ length: FILES }, (_, nth) => ({
      ...numberedEvent('idle', person * FILES + nth),
      user_email,
    }));
    await push(events.slice(0, -1));
    await idle();
    const arrived = sink.ask({ to: user_email });
    const began = performance.timeOrigin + performance.now();
    await push(events.slice(-1));
    return (await arrived).at - began;
  };
  try {
    await chain.ask({ open: { redisUrl: env.REDIS_URL!, prefix: 'chain', smtpPort: port } });
    const all = { ours: [] as number[], bare: [] as number[] };
    const p99 = (side: keyof typeof all, took: number[]) => {
      all[side].push(...took);
      return percentile(took, 0.99);
    };
    const rounds = await alternate(
      bench.rounds,
      async () => {
        const took: number[] = [];
        while (took.length < samples) took.push(await one());
        return p99('ours', took);
      },
      async () => p99('bare', await chain.ask({ samples })),
    );
    const middle = (side: keyof typeof all) => percentile(all[side], 0.5).toFixed(1);
    return {
      rounds,
      notes: [
        `${samples} mails a round`,
        `median ${middle('ours')} ms beside ${middle('bare')} ms`,
      ],
    };
  } finally {
    await backlog.close();
    await worker.stop();
    await api.stop();
    sink.stop();
    chain.stop();
  }
}

export const latency: Figure = {
  name: 'latency',
  what: 'event that reaches the threshold to mail accepted, idle system, p99',
  beside: 'three empty jobs in a row and one SMTP send',
  unit: 'ms',
  target: { atMost: 3 },
  measure: measureLatency,
};
