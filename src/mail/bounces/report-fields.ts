/** The fields of one group of a report part; names in lower case. */
export type ReportFields = Map<string, string>;

/**
 * Reads the groups of a report part (RFC 3464, section 2.1; RFC 5965, section 3.1): fields as in a mail's
 * header, folded lines joined, groups separated by empty lines. The first of equal fields counts.
 */
export function reportGroups(text: string): ReportFields[] {
  const unfolded = text.replace(/\r\n?/g, '\n').replace(/\n[ \t]+(?=\S)/g, ' ');
  return unfolded
    .split(/\n[ \t]*\n/)
    .map(fieldsOf)
    .filter((fields) => fields.size > 0);
}

function fieldsOf(group: string): ReportFields {
  const fields: ReportFields = new Map();
  for (const line of group.split('\n')) {
    const [, name = '', value = ''] = /^([!-9;-~]+)[ \t]*:(.*)$/.exec(line) ?? [];
    if (name && !fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value.trim());
  }
  return fields;
}

/**
 * The address of a recipient field such as `rfc822; ann@example.org` (RFC 3464, section 2.3).
 * `Original-Recipient` is written in xtext (RFC 3461, section 4): `+2B` is a plus sign.
 */
export function recipientOf(fields: ReportFields): string | undefined {
  const original = fields.get('original-recipient');
  if (original) return addressPart(original).replace(/\+([0-9A-F]{2})/g, decodeXtext);
  const final = fields.get('final-recipient');
  return final && addressPart(final);
}

const addressPart = (field: string) => field.replace(/^[^;]*;/, '').trim();
const decodeXtext = (_match: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16));
