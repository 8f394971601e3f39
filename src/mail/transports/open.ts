import type { Config } from '../../config.ts';
import type { CircuitPolicy } from '../../domain/circuit-breaker.ts';
import type { RateLimit, TakePlaces } from '../../domain/rate-limits.ts';
import { dkimKey } from './dkim.ts';
import { failoverTransport } from './failover.ts';
import { guarded, MAIL_CIRCUIT } from './guarded.ts';
import { accessTokens } from './oauth-tokens.ts';
import { mailRoutes, type Route } from './routes.ts';
import { sendGridTransport } from './sendgrid.ts';
import { sesTransport } from './ses.ts';
import { type SmtpExtras, smtpTransport } from './smtp.ts';
import type { Transport } from './transport.ts';

export interface OpenOptions {
  /** Keeps a transport to its limits. */
  rateOf: (label: string, limits: readonly RateLimit[]) => TakePlaces;
  circuit?: CircuitPolicy;
}

/**
 * All ways out for mail that `EMAIL_TRANSPORTS` lists, as one: each with its limits and its circuit
 * breaker, one after the other. Connects to nothing yet.
 * @throws ConfigError naming the variable at fault
 */
export function openTransports(
  config: Config,
  { rateOf, circuit = MAIL_CIRCUIT }: OpenOptions,
): Transport {
  const extras = { dkim: dkimKey(config), idempotencyHeader: config.EMAIL_IDEMPOTENCY_HEADER };
  const transports = mailRoutes(config).map((route) => {
    const takePlaces = rateOf(route.label, route.limits);
    return guarded(openRoute(config, route, extras), { circuit, takePlaces, now: Date.now });
  });
  return failoverTransport(transports);
}

function openRoute(config: Config, { kind, url }: Route, extras: SmtpExtras): Transport {
  if (kind === 'ses') return sesTransport(config);
  if (kind === 'sendgrid') return sendGridTransport(config);
  if (url) return smtpTransport({ ...config, ...serverOf(url, config.SMTP_SECURE) }, extras);
  const tokens = accessTokens(config);
  return smtpTransport({ ...config, SMTP_SERVER: config.SMTP_SERVER ?? '' }, { ...extras, tokens });
}

/** The SMTP_* variables of a server given as an address; `smtps` never sends in the clear. */
function serverOf(url: URL, secure: Config['SMTP_SECURE']) {
  const implicit = url.protocol === 'smtps:';
  return {
    SMTP_SERVER: url.hostname.replace(/^\[|\]$/g, ''),
    SMTP_PORT: Number(url.port) || (implicit ? 465 : 587),
    SMTP_USER: decodeURIComponent(url.username) || undefined,
    SMTP_PASSWORD: decodeURIComponent(url.password) || undefined,
    SMTP_SECURE: implicit ? ('tls' as const) : secure,
  };
}
