import { type KeyObject, X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** The two things Amazon SNS is asked for. Callers check the addresses first. */
export interface SnsClient {
  /**
   * The key of a signing certificate that is valid now.
   * @throws where it cannot be fetched, is no certificate, or is not valid at this time
   */
  signingKey(certificate: URL): Promise<KeyObject>;
  /** Confirms a subscription by the address SNS sent for it. @throws where SNS does not take it */
  confirm(subscription: URL): Promise<void>;
}

const TIMEOUT_MS = 5_000;
const KEEP_MS = 24 * 3_600_000;
/** SNS uses a handful of certificates at a time. */
const KEPT = 20;

/** Asks over https, without following redirects. Certificates are kept for a day. */
export function snsClient(get: (url: URL) => Promise<string> = getText): SnsClient {
  const known = new LRUCache<string, X509Certificate>({ max: KEPT, ttl: KEEP_MS });
  return {
    async signingKey(url) {
      const certificate = known.get(url.href) ?? new X509Certificate(await get(url));
      const now = Date.now();
      if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo))
        throw new Error('the certificate of the SNS message is not valid at this time');
      known.set(url.href, certificate);
      return certificate.publicKey;
    },
    async confirm(url) {
      await get(url);
    },
  };
}

async function getText(url: URL): Promise<string> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`${url.hostname} answered ${response.status}`);
  return response.text();
}
