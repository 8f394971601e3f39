/**
 * A link into the web application, or null where none is configured. Anything but http(s) is no
 * link either: what people click in a mail must not run.
 */
export function appLink(appUrl: string | undefined, ...path: string[]): string | null {
  if (!appUrl || !/^https?:\/\//i.test(appUrl) || !URL.canParse(appUrl)) return null;
  const url = new URL(appUrl);
  const segments = path.map((segment) => encodeURIComponent(segment.toWellFormed()));
  url.pathname = [url.pathname.replace(/\/+$/, ''), ...segments].join('/');
  return url.href;
}
