import type { Config } from '../../config.ts';

/** Ports on which a conversation starts in the clear and is upgraded (RFC 3207, RFC 6409). */
const STARTTLS_PORTS = new Set([25, 587, 2525, 2587]);
const IMPLICIT_TLS_PORT = 465;

/** The TLS part of the SMTP client's options. Certificates are always verified. */
export interface SmtpSecurity {
  /** TLS from the first byte. */
  secure: boolean;
  /** No STARTTLS, no mail. */
  requireTLS: boolean;
  /** Stay in the clear even when STARTTLS is offered. */
  ignoreTLS: boolean;
}

/**
 * What `SMTP_SECURE` means on a port: `auto` is TLS on 465 and STARTTLS elsewhere when offered; `tls`
 * never sends in the clear: STARTTLS is required on the submission ports, every other port speaks TLS
 * from the start; `none` is for servers on the same machine or network.
 */
export function smtpSecurity(mode: Config['SMTP_SECURE'], port: number): SmtpSecurity {
  if (mode === 'none') return { secure: false, requireTLS: false, ignoreTLS: true };
  if (mode === 'auto')
    return { secure: port === IMPLICIT_TLS_PORT, requireTLS: false, ignoreTLS: false };
  const upgraded = STARTTLS_PORTS.has(port);
  return { secure: !upgraded, requireTLS: upgraded, ignoreTLS: false };
}
