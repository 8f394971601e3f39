import { z } from 'zod';
import { probeDatabase } from '../db/client.ts';
import { ages, audit } from '../db/queries/audit.ts';
import { engagedBrakes, heldBy } from '../db/queries/correction-brakes.ts';
import { lastAudit } from '../db/queries/store-audit/runs.ts';
import type { Deps } from '../deps.ts';
import { auditKinds } from '../domain/store-audit.ts';
import { whileFresh } from '../observability/metrics.ts';
import { remembered } from '../observability/timed.ts';
import { probeRedis } from '../queues/connection.ts';
import { queueNames } from '../queues/registry.ts';
import { row } from './answers.ts';
import { type Answer, route } from './route.ts';

/** A part that has not answered by then is unhealthy, in milliseconds. */
const PROBE_MS = 2000;
/** Probes and gauges are asked for at most this often, in milliseconds. */
const REMEMBER_MS = 5000;
/** Gauges that could not be read for this long are not shown, in milliseconds. */
const STALE_MS = 60_000;

type State = 'healthy' | 'unhealthy';

async function probe(check: () => Promise<unknown>): Promise<State> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<State>((resolve) => {
    timer = setTimeout(resolve, PROBE_MS, 'unhealthy');
  });
  const asked = check().then(
    (): State => 'healthy',
    (): State => 'unhealthy',
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/**
 * The state of each part. Only the database decides about the status code: without it nothing can be
 * accepted, without the rest mail is late at worst.
 */
async function health(deps: Deps): Promise<Answer> {
  const { config, db, redis, transport, cms, stores } = deps;
  const [database, queue, email_service, cms_api, s3, chroma] = await Promise.all([
    probe(() => probeDatabase(db.sql)),
    probe(() => probeRedis(redis, config.QUEUE_PREFIX)),
    probe(() => transport.verify()),
    probe(() => cms.check()),
    probe(() => stores.s3.check()),
    probe(() => stores.chroma.check()),
  ]);
  const services = { database, redis: queue, email_service, cms_api, s3, chroma };
  const counts = database === 'healthy' ? await ages(db.sql) : null;
  const all = Object.values(services).every((state) => state === 'healthy');
  const status = database === 'unhealthy' ? 'unhealthy' : all ? 'healthy' : 'degraded';
  return {
    status: status === 'unhealthy' ? 503 : 200,
    body: {
      status,
      timestamp: new Date().toISOString(),
      ...services,
      services,
      active_batches: counts?.active_batches ?? null,
      pending_corrections: counts?.pending_corrections ?? null,
    },
  };
}

async function readPostgres({ metrics, db }: Deps): Promise<void> {
  const [books, waiting, brakes, held, stores] = await Promise.all([
    audit(db.sql),
    ages(db.sql),
    engagedBrakes(db.sql),
    heldBy(db.sql),
    lastAudit(db.sql),
  ]);
  const { accepted: _accepted, unaccounted, ...classes } = books;
  for (const [name, value] of Object.entries(classes)) metrics.audit.set({ class: name }, value);
  metrics.unaccounted.set(unaccounted);
  metrics.oldest.set({ kind: 'unapplied_event' }, waiting.unapplied_event);
  metrics.oldest.set({ kind: 'overdue_batch' }, waiting.overdue_batch);
  metrics.oldest.set({ kind: 'pending_mail' }, waiting.pending_mail);
  metrics.oldest.set({ kind: 'pending_restore' }, waiting.pending_restore);
  metrics.oldest.set({ kind: 'expired_quarantine' }, waiting.expired_quarantine);
  metrics.correctionsPending.set(waiting.pending_corrections);
  for (const [scope, count] of Object.entries(brakes)) metrics.brakesEngaged.set({ scope }, count);
  metrics.correctionsHeld.set([...held.values()].reduce((sum, count) => sum + count, 0));
  for (const kind of auditKinds) {
    metrics.auditFindings.set({ kind }, stores?.findings[kind] ?? 0);
    metrics.auditOpen.set({ kind }, stores?.not_looked_at.includes(kind) ? 1 : 0);
  }
  metrics.auditCompleted.set((stores?.completed_at.getTime() ?? 0) / 1000);
}

async function readRedis({ metrics, producer }: Deps): Promise<void> {
  await Promise.all(
    queueNames.map(async (queue) => {
      const counts = await producer.queue(queue).getJobCounts();
      for (const [state, value] of Object.entries(counts))
        metrics.jobs.set({ queue, state }, value);
    }),
  );
}

/** @returns fills the gauges from where they are read; throws where one of the two does not answer */
function gauges(deps: Deps): () => Promise<unknown> {
  const ofPostgres = ({ metrics }: Deps) => [
    metrics.audit,
    metrics.unaccounted,
    metrics.oldest,
    metrics.correctionsPending,
    metrics.brakesEngaged,
    metrics.correctionsHeld,
    metrics.auditFindings,
    metrics.auditOpen,
    metrics.auditCompleted,
  ];
  const often = (read: (from: Deps) => Promise<void>) => remembered(REMEMBER_MS, () => read(deps));
  const fill = [
    whileFresh(() => ofPostgres(deps), STALE_MS, often(readPostgres)),
    whileFresh(() => [deps.metrics.jobs], STALE_MS, often(readRedis)),
  ];
  return () => Promise.all(fill.map((read) => read()));
}

/** The open routes that say how the system is. */
export function healthRoutes(deps: Deps) {
  const ask = remembered(REMEMBER_MS, () => health(deps));
  const fill = gauges(deps);
  const open = { method: 'get', access: 'open', tag: 'Operations' } as const;
  return [
    route({
      ...open,
      path: '/health',
      summary: 'The state of each part',
      answers: {
        200: { description: 'Healthy or degraded', schema: row },
        503: { description: 'The database does not answer', schema: row },
      },
      handle: ask,
    }),
    route({
      ...open,
      path: '/health/live',
      summary: 'The process runs',
      answers: { 200: { description: 'Alive', schema: z.object({ alive: z.literal(true) }) } },
      handle: async () => ({ status: 200, body: { alive: true } }),
    }),
    route({
      ...open,
      path: '/health/ready',
      summary: 'The process can accept events',
      answers: { 200: { description: 'Ready', schema: row }, 503: { description: 'Not ready' } },
      handle: async () => {
        const ready = (await probe(() => probeDatabase(deps.db.sql))) === 'healthy';
        return { status: ready ? 200 : 503, body: { ready } };
      },
    }),
    route({
      ...open,
      path: '/metrics',
      summary: 'Prometheus metrics',
      answers: { 200: { description: 'Text exposition format' } },
      handle: async () => {
        // Late gauges must not keep anybody from the counters.
        if ((await probe(fill)) === 'unhealthy') deps.log.warn('gauges are not current');
        const { register } = deps.metrics;
        return {
          status: 200,
          raw: { type: register.contentType, content: await register.metrics() },
        };
      },
    }),
  ];
}
