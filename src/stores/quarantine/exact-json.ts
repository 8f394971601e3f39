/** A string, a mark of structure, or any other literal. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/**
 * The texts of what stands directly in a JSON object (`"key":value`) or array. Parsing would lose what
 * JavaScript cannot tell apart and a database can: `1.0` from `1`, and whole numbers beyond 2^53.
 * @param json valid JSON; anything but an object or an array has no members
 */
function membersOf(json: string): string[] {
  const members: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      depth += 1;
      if (depth === 1) start = index + 1;
    }
    const closes = token === '}' || token === ']';
    if (depth === 1 && (closes || token === ',')) {
      const text = json.slice(start, index).trim();
      if (text !== '') members.push(text);
      start = index + 1;
    }
    if (closes) depth -= 1;
  }
  return members;
}

/** The texts of the elements of an array that stands under a key of a JSON object; none, no such array. */
export function elementTexts(json: string, key: string): string[] {
  const label = JSON.stringify(key);
  const member = membersOf(json).find((text) => text.startsWith(label));
  return member === undefined ? [] : membersOf(member.slice(label.length).replace(/^\s*:/, ''));
}

/** The same object with its members in the order of their texts; anything but an object as it is. */
export function inOrder(json: string): string {
  return json.startsWith('{') ? `{${membersOf(json).sort().join(',')}}` : json;
}
