import { setTimeout as pause } from 'node:timers/promises';
import type { PlannedRequest } from './stories.ts';

/** A producer as the contract asks for: it sends the same request again until it is answered 202. */
export interface Producer {
  push(request: Pick<PlannedRequest, 'events' | 'givesUpAfter'>): Promise<void>;
  /** How often each answer came, `none` for no answer. */
  answers: Record<string, number>;
  /** When each event was first answered 202, in milliseconds since the epoch, by its id. */
  accepted: Map<string, number>;
  /** Answers that a producer must never get. */
  complaints: string[];
}

const PATIENCE_MS = 5000;

/** @param url of `POST /api/file-events` @param key a producer's */
export function startProducer(url: string, key: string): Producer {
  const producer: Producer = { push, answers: {}, accepted: new Map(), complaints: [] };

  async function push({ events, givesUpAfter }: Pick<PlannedRequest, 'events' | 'givesUpAfter'>) {
    const body = JSON.stringify({ events });
    for (let patience = givesUpAfter ?? PATIENCE_MS; ; patience = PATIENCE_MS) {
      const reply = await send(body, patience);
      producer.answers[reply?.status ?? 'none'] =
        (producer.answers[reply?.status ?? 'none'] ?? 0) + 1;
      if (reply?.status === 202) {
        const { data } = JSON.parse(reply.text) as { data: { events: { differs?: true }[] } };
        if (data.events.some((event) => event.differs))
          producer.complaints.push('a repeated event was said to differ');
        for (const { event_id } of events)
          if (!producer.accepted.has(event_id)) producer.accepted.set(event_id, Date.now());
        return;
      }
      if (reply && reply.status !== 503)
        producer.complaints.push(`${reply.status} to good input: ${reply.text.slice(0, 300)}`);
      if (reply && reply.status < 500) return;
      await pause(400);
    }
  }

  async function send(body: string, patience: number) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(patience),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return null;
    }
  }

  return producer;
}
