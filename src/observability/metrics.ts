import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Prometheus metrics; docs/operations.md says which of them are worth an alert. Counters count what this
 * process did; gauges read from Postgres are filled by whoever serves them.
 */
export function createMetrics() {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name, help, labelNames, registers: [register] });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers: [register] });
  const seconds = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Histogram({
      name,
      help,
      labelNames,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers: [register],
    });
  return {
    register,
    eventsAccepted: counter('file_events_accepted_total', 'Events accepted by intake.'),
    eventsDuplicate: counter('file_events_duplicate_total', 'Events that were known already.'),
    intakeWaiting: gauge('intake_waiting_requests', 'Requests that wait for their commit.'),
    preferencesResolved: counter('preferences_resolved_total', 'Preferences needed, by source.', [
      'source',
    ]),
    filesProcessed: counter('batch_files_processed_total', 'Files that were finished.', ['status']),
    fileErrors: counter('file_processing_errors_total', 'Failures applied.', ['category']),
    batchesCreated: counter('batch_sessions_created_total', 'Batches opened.'),
    batchesCompleted: counter('batch_sessions_completed_total', 'Batches closed.', ['closed_by']),
    batchErrors: counter('batch_processing_errors_total', 'Tries of jobs that failed, by queue.', [
      'queue',
    ]),
    mailsSent: counter('email_notifications_sent_total', 'Mails a server has taken.'),
    mailErrors: counter('email_notification_errors_total', 'Attempts that failed.', ['outcome']),
    mailLatency: seconds('email_send_latency_seconds', 'Time one attempt took.'),
    cmsWriteBacks: counter('cms_write_backs_total', 'What the CMS was told of mails.', [
      'kind',
      'outcome',
    ]),
    cmsWritesLost: counter('cms_writes_lost_total', 'Acknowledged writes the CMS forgot.', [
      'kind',
    ]),
    correctionsCreated: counter('auto_correction_tasks_created_total', 'Tasks created.'),
    correctionsCompleted: counter('auto_correction_tasks_completed_total', 'Tasks ended.', [
      'status',
    ]),
    brakeTrips: counter('correction_brake_trips_total', 'Times the brake on corrections went on.', [
      'scope',
    ]),
    brakesEngaged: gauge('correction_brakes_engaged', 'Brakes on corrections that are on.', [
      'scope',
    ]),
    correctionsHeld: gauge('auto_correction_tasks_held', 'Tasks a brake holds.'),
    quarantined: counter(
      'correction_quarantined_total',
      'Objects, chunks and records saved before their removal.',
      ['store'],
    ),
    quarantinePurged: counter('correction_quarantine_purged_total', 'Saved parts that expired.'),
    restores: counter('correction_restores_total', 'Restores ended.', ['status']),
    secondLooks: counter(
      'correction_second_looks_total',
      'Stores read again, and what was found.',
      ['outcome'],
    ),
    correctionSteps: counter('auto_correction_steps_total', 'Steps taken, by what came of them.', [
      'action',
      'result',
    ]),
    jobDuration: seconds('job_duration_seconds', 'Time one job took.', ['queue', 'outcome']),
    sweepRaised: counter('sweep_raised_total', 'Jobs the sweep had to raise again.', ['queue']),
    transactionsLost: counter(
      'db_transactions_begun_anew_total',
      'Transactions a deadlock undid; each began anew.',
    ),
    enqueueFailures: counter('enqueue_failures_total', 'Jobs left to the sweep.', ['queue']),
    httpDuration: seconds('http_request_duration_seconds', 'Time of requests.', [
      'route',
      'status',
    ]),
    audit: gauge('audit_events', 'Accepted events by what became of them.', ['class']),
    unaccounted: gauge('audit_unaccounted_events', 'Accepted events nobody can account for: 0.'),
    oldest: gauge('oldest_age_seconds', 'Age of the oldest thing that waits.', ['kind']),
    correctionsPending: gauge('auto_correction_tasks_pending', 'Tasks that wait.'),
    auditFindings: gauge('store_audit_findings', 'Findings of the last audit of the stores.', [
      'kind',
    ]),
    auditOpen: gauge('store_audit_not_looked_at', 'Kinds the last audit could not look at: 1.', [
      'kind',
    ]),
    auditCompleted: gauge(
      'store_audit_completed_timestamp_seconds',
      'When the last audit of the stores was done; 0: never.',
    ),
    jobs: gauge('queue_jobs', 'Jobs by queue and state.', ['queue', 'state']),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Has gauges vanish whose source cannot be read: an old value would go on saying that all is well.
 * @param read fills the gauges; throws where it cannot
 * @param staleMs how long an old value may be shown, in milliseconds
 * @returns asks `read`, and takes the gauges away where it has not answered for too long
 */
export function whileFresh(
  gauges: () => Gauge<string>[],
  staleMs: number,
  read: () => Promise<void>,
): () => Promise<void> {
  let readAt = Date.now();
  const dropStale = () => {
    if (Date.now() - readAt < staleMs) return;
    for (const gauge of gauges()) {
      gauge.reset();
      // Without labels a reset one is 0.
      gauge.remove({});
    }
  };
  return async () => {
    dropStale();
    await read();
    readAt = Date.now();
  };
}
