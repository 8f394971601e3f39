import type { RequestHandler } from 'express';
import type { Metrics } from './metrics.ts';

/** Counts and times what passes through. The route's pattern is the label, never the path. */
export function measureRequests(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const started = process.hrtime.bigint();
    response.on('finish', () => {
      const route: string = request.route?.path ?? 'unmatched';
      const labels = { method: request.method, route };
      const status = String(response.statusCode);
      metrics.requests.inc({ ...labels, status });
      if (response.statusCode >= 500) metrics.errors.inc({ ...labels, status });
      metrics.responseTime.observe(labels, Number(process.hrtime.bigint() - started) / 1e9);
    });
    next();
  };
}
