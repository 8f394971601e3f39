import type { Config } from '../config.ts';
import type { HttpService } from './http.ts';

export type CmsConfig = Pick<Config, 'CMS_API_URL' | 'CMS_API_TOKEN' | 'CMS_TIMEOUT_MS'>;

/** The CMS as an HTTP service: where it is, our token, and how long it may take. */
export function cmsService(config: CmsConfig): HttpService {
  return {
    store: 'cms',
    baseUrl: config.CMS_API_URL,
    headers: { authorization: `Bearer ${config.CMS_API_TOKEN}` },
    settings: { url: 'CMS_API_URL', token: 'CMS_API_TOKEN' },
    timeoutMs: config.CMS_TIMEOUT_MS,
  };
}
