/** XML as S3 writes it, in as far as a double needs any. */

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
export const tag = (name: string, content: string) =>
  `<${name}>${content.startsWith('<') ? content : content.replace(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign)}</${name}>`;

export function textOf(xml: string, name: string): string | null {
  const value = new RegExp(`<${name}>(.*?)</${name}>`).exec(xml)?.[1];
  return value === undefined
    ? null
    : value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
