/** Bodies of file events that differ in nothing but their numbers, made without building JSON anew. */

const DIGITS = 10;
/** So many people own the files, ten in a row each: three digits of an event's number. */
const PEOPLE_DIGITS = 3;
const peopleDigits = (digits: string) => digits.slice(-PEOPLE_DIGITS - 1, -1);
const digitsOf = (number: number) => String(number).padStart(DIGITS, '0');

/** Which person owns the event of that number. */
export const personOf = (number: number): string =>
  `person-${peopleDigits(digitsOf(number))}@example.com`;

/** The event of that number: a finished file; no two numbers share an id, a document or a name. */
export function numberedEvent(prefix: string, number: number) {
  const digits = digitsOf(number);
  return {
    event_id: `${prefix}-event-${digits}`,
    action: 'create' as const,
    file_document_id: `${prefix}-doc-${digits}`,
    file_name: `quarterly report ${digits}.pdf`,
    storage_key: `uploads/2026/${prefix}-doc-${digits}.pdf`,
    company_id: 1,
    bot_id: 1,
    user_email: personOf(number),
    processing_stage: 'completed' as const,
    status: 'success' as const,
    chunks_created: 12,
    file_size_bytes: 183_042,
    processing_time_seconds: 4.25,
  };
}

/**
 * A maker of request bodies of a fixed length; each call continues with the next numbers.
 * @param perRequest 1: a bare event; more: `{ "events": [...] }`
 * @returns the same buffer every time, filled anew: it has to be sent before the next call
 */
export function numberedBodies(prefix: string, perRequest: number, first: number): () => Buffer {
  const marks = Array.from({ length: perRequest }, (_, nth) => 9_000_000_000 + nth);
  const events = marks.map((mark) => numberedEvent(prefix, mark));
  const text = JSON.stringify(perRequest === 1 ? events[0] : { events });
  const body = Buffer.from(text);
  const numbers = marks.map((mark) => indexesOf(body, String(mark)));
  const owners = indexesOf(body, '@example.com').map((at) => at - PEOPLE_DIGITS);
  let next = first;
  return () => {
    for (let nth = 0; nth < perRequest; nth += 1) {
      const digits = digitsOf(next);
      for (const at of numbers[nth]!) body.write(digits, at, 'latin1');
      body.write(peopleDigits(digits), owners[nth]!, 'latin1');
      next += 1;
    }
    return body;
  };
}

function indexesOf(body: Buffer, text: string): number[] {
  const found: number[] = [];
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + text.length))
    found.push(at);
  return found;
}
