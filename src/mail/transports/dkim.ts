import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Config, ConfigError } from '../../config.ts';

/** What mail is signed with (RFC 6376). */
export interface DkimKey {
  domainName: string;
  keySelector: string;
  /** PEM. */
  privateKey: string;
}

/**
 * The signing key of the configuration, undefined where there is none. A key that cannot sign must be
 * found before the first mail, because every mail would fail by it.
 * @throws ConfigError naming the variable
 */
export function dkimKey(
  config: Pick<Config, 'DKIM_DOMAIN' | 'DKIM_SELECTOR' | 'DKIM_PRIVATE_KEY'>,
): DkimKey | undefined {
  const { DKIM_DOMAIN, DKIM_SELECTOR, DKIM_PRIVATE_KEY } = config;
  if (!DKIM_DOMAIN || !DKIM_SELECTOR || !DKIM_PRIVATE_KEY) return undefined;
  const privateKey = pem(DKIM_PRIVATE_KEY);
  if (keyType(privateKey) !== 'rsa')
    throw new ConfigError(
      'DKIM_PRIVATE_KEY is no RSA private key without a passphrase: set it to one in PEM, or to the path of its file',
    );
  return { domainName: DKIM_DOMAIN, keySelector: DKIM_SELECTOR, privateKey };
}

/** Environment files often cannot hold line breaks, so `\n` stands for one. */
function pem(value: string): string {
  if (value.includes('-----BEGIN')) return value.replaceAll('\\n', '\n');
  try {
    return readFileSync(value, 'utf8');
  } catch {
    throw new ConfigError(
      'DKIM_PRIVATE_KEY is neither PEM nor the path of a file that can be read',
    );
  }
}

function keyType(key: string): string | undefined {
  try {
    return createPrivateKey(key).asymmetricKeyType;
  } catch {
    return undefined;
  }
}
