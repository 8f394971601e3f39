/** Enhanced status codes (RFC 3463), by which a bounce is told from a delay. */

/**
 * Failures that say the address itself is no good: it does not exist, is disabled, or its domain takes
 * no mail. 5.1.7 to 5.1.9 are about the sender; 5.2.2 is a full mailbox; policy and content (5.6, 5.7)
 * say nothing about the address.
 */
const HARD = /^5\.(1\.(0|1|2|3|6|10)|2\.1|4\.[14])$/;

/** Whether a status says that no mail will ever arrive there. */
export function isHardBounce(status: string): boolean {
  return HARD.test(status);
}

/** A reply code with the enhanced one behind it, which some gateways quote: `550-'5.1.1`, `550 #5.1.0`. */
const REPLY = /\b5\d\d[-\s#'"([]{1,4}(5\.\d{1,3}\.\d{1,3})\b/;

/**
 * The status of a failed delivery. Servers that do not know better write 5.0.0 and leave the real code
 * to the text of the server that refused, which follows the reply code there.
 * @param status the `Status` field, comments allowed
 * @param diagnostic the `Diagnostic-Code` field, such as `smtp; 550 5.1.1 unknown`
 */
export function deliveryStatus(status: string, diagnostic: string): string {
  const own = /^\s*([245]\.\d{1,3}\.\d{1,3})\b/.exec(status)?.[1] ?? '';
  if (own !== '' && own !== '5.0.0') return own;
  return REPLY.exec(diagnostic)?.[1] ?? own;
}
