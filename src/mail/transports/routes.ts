import { type Config, ConfigError } from '../../config.ts';
import { type RateLimit, rateLimits } from '../../domain/rate-limits.ts';

/** One entry of `EMAIL_TRANSPORTS`. */
export interface Route {
  kind: 'smtp' | 'ses' | 'sendgrid';
  /** Names it in `EMAIL_RATE_LIMITS` and in Redis; a further SMTP server is `host:port`. */
  label: string;
  /** A further SMTP server; without it `smtp` is the one of the SMTP_* variables. */
  url?: URL;
  limits: RateLimit[];
}

const PORTS: Record<string, string> = { 'smtp:': '587', 'smtps:': '465' };

/**
 * The ways out for mail, best first, each with its limits.
 * @throws ConfigError naming the variable, never an address or a credential
 */
export function mailRoutes(
  config: Pick<Config, 'EMAIL_TRANSPORTS' | 'EMAIL_RATE_LIMITS'>,
): Route[] {
  const limits = rateLimits(config.EMAIL_RATE_LIMITS);
  const routes = config.EMAIL_TRANSPORTS.split(',').map((entry) => route(entry.trim(), limits));
  const labels = new Set(routes.map(({ label }) => label));
  if (labels.size < routes.length)
    throw new ConfigError('EMAIL_TRANSPORTS lists a transport twice: remove one of the two');
  if ([...limits.keys()].some((label) => !labels.has(label)))
    throw new ConfigError(
      `EMAIL_RATE_LIMITS limits a transport that EMAIL_TRANSPORTS does not list: it has ${[...labels].join(', ')}`,
    );
  return routes;
}

function route(entry: string, limits: Map<string, RateLimit[]>): Route {
  const named = (kind: Route['kind'], label: string, url?: URL): Route => {
    return { kind, label, url, limits: limits.get(label) ?? [] };
  };
  if (entry === 'smtp' || entry === 'ses' || entry === 'sendgrid') return named(entry, entry);
  const url = URL.canParse(entry) ? new URL(entry) : undefined;
  const port = url?.port || PORTS[url?.protocol ?? ''];
  if (!url?.hostname || !port)
    throw new ConfigError(
      'EMAIL_TRANSPORTS has an entry that is no address: write smtp://user:password@host:port',
    );
  return named('smtp', `${url.hostname}:${port}`, url);
}
