import { setTimeout as sleep } from 'node:timers/promises';
import { redact } from './redact.ts';
import type { SendOptions, SendOutcome, Transport } from './transport.ts';

/** Wrong credentials do not mend themselves within seconds: the transport rests so many milliseconds. */
export const UNAVAILABLE_FOR_MS = 30_000;

/** A mail waits here for a transport that is free again this soon, instead of being put back. */
export const PATIENCE_MS = 2000;

/**
 * One transport out of several, best first. A mail goes to the next one only while its body has not
 * been handed over, so that no two servers can both have it. A transport that is `unavailable` is
 * passed over for as long as it says, else for 30 seconds, also when it is the only one.
 * @param transports at least one
 * @param now the clock, in milliseconds
 */
export function failoverTransport(
  transports: readonly Transport[],
  now: () => number = Date.now,
): Transport {
  if (transports.length === 0) throw new Error('Failover needs at least one mail transport');
  const restingUntil = new Map<Transport, number>();

  async function tryEach(...[mail, given]: Parameters<Transport['send']>): Promise<SendOutcome> {
    const { beforeBody, signal, startBy } = given;
    const refusals: Refusal[] = [];
    let handedOver = false;
    const options: SendOptions = {
      signal,
      startBy,
      beforeBody() {
        handedOver = true;
        return beforeBody();
      },
    };
    for (const transport of transports) {
      const wait = (restingUntil.get(transport) ?? 0) - now();
      if (wait > 0) {
        refusals.push(resting(transport, wait));
        continue;
      }
      const result = { ...(await transport.send(mail, options)), via: transport.name };
      if (result.outcome === 'unavailable' && !result.inLine)
        restingUntil.set(transport, now() + (result.retryAfterMs ?? UNAVAILABLE_FOR_MS));
      if (result.outcome !== 'transient' && result.outcome !== 'unavailable') return result;
      if (handedOver || signal?.aborted) return result;
      refusals.push({ ...result, reason: `${transport.name}: ${result.reason}` });
    }
    return summarise(refusals);
  }

  return {
    name: transports.map(({ name }) => name).join(', '),

    async send(mail, options) {
      const { signal } = options;
      const patientUntil = now() + PATIENCE_MS;
      for (;;) {
        const result = await tryEach(mail, options);
        // With `via` the answer came after the hand-over or to a caller who left: it stands.
        if (result.outcome !== 'unavailable' || result.via || !result.retryAfterMs) return result;
        if (now() + result.retryAfterMs > patientUntil) return result;
        await sleep(result.retryAfterMs, undefined, { signal }).catch(() => {});
        if (signal?.aborted) return result;
      }
    },

    async verify() {
      const checks = await Promise.allSettled(transports.map((transport) => transport.verify()));
      if (checks.some(({ status }) => status === 'fulfilled')) return;
      const reasons = checks.map((check) =>
        check.status === 'rejected' ? String(check.reason?.message ?? check.reason) : '',
      );
      throw new Error(`No mail transport is usable. ${reasons.join('; ')}`);
    },

    async close() {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
}

type Refusal = Extract<SendOutcome, { outcome: 'transient' | 'unavailable' }>;

function resting({ name }: Transport, retryAfterMs: number): Refusal {
  const reason = `${name}: not usable, tried again in ${Math.ceil(retryAfterMs / 1000)} s`;
  return { outcome: 'unavailable', reason, retryAfterMs };
}

/** Nobody took the mail. One transport that may take it later is enough to make that worth a retry. */
function summarise(refusals: Refusal[]): SendOutcome {
  const reason = redact(refusals.map((refusal) => refusal.reason).join('; '));
  const transient = refusals.find(({ outcome }) => outcome === 'transient');
  if (transient) return { ...transient, via: undefined, reason };
  const waits = refusals.map((refusal) =>
    'retryAfterMs' in refusal ? refusal.retryAfterMs : undefined,
  );
  const known = waits.filter((wait) => wait !== undefined);
  if (known.length === 0) return { outcome: 'unavailable', reason };
  return { outcome: 'unavailable', reason, retryAfterMs: Math.min(...known) };
}
