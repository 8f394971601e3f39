import type { AlertKind } from '../locales/locale.ts';

/** Where an alert leads, by its kind. `subject` is what it is about, as routes name it. */
interface Leads {
  /** Its page in the web application: the segments of the path. */
  page: (subject: string) => string[];
  /** What its advice comes to: requests to the API, as docs/openapi.json has them. */
  requests: (subject: string) => string[];
}

export const LEADS: Record<AlertKind, Leads> = {
  correction_failed: {
    page: (id) => ['corrections', id],
    requests: (id) => [`POST /api/corrections/${id}/retry`],
  },
  correction_conflict: {
    page: (id) => ['corrections', id],
    requests: (id) => [`GET /api/corrections/${id}`],
  },
  correction_brake: {
    page: (scope) => ['corrections', 'brakes', scope],
    requests: (scope) => [
      `POST /api/corrections/brakes/${scope}/release`,
      `POST /api/corrections/cancel { "held_by": "${scope}" }`,
    ],
  },
  restore_failed: {
    page: (id) => ['corrections', id],
    requests: (id) => [`POST /api/corrections/${id}/restore`],
  },
  email_failed: {
    page: (id) => ['emails', id],
    requests: (id) => [`POST /api/emails/${id}/resend`],
  },
  email_unknown: {
    page: (id) => ['emails', id],
    requests: (id) => [`POST /api/emails/${id}/mark-sent`, `POST /api/emails/${id}/resend`],
  },
  quota_exceeded: {
    page: (company) => ['companies', company],
    requests: (company) => [`GET /api/emails?company_id=${company}&send_status=suppressed`],
  },
  queue_failed: {
    page: (name) => ['queues', name],
    requests: (name) => [`POST /api/queues/${name}/replay`],
  },
  job_refused: {
    page: (name) => ['queues', name],
    // Only the dashboard removes a job.
    requests: () => [],
  },
  store_misconfigured: {
    // It is about a store, which has no page; what waits for it has.
    page: () => ['corrections'],
    requests: () => ['GET /api/corrections?status=pending'],
  },
};
