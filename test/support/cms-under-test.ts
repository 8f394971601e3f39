import { inject } from 'vitest';
import type { CmsUnderTest } from './global-setup.ts';

/** The one this run has started, else the one of the environment, else none. */
export function cmsUnderTest(): CmsUnderTest | undefined {
  const { env } = process;
  const started = inject('cmsUnderTest');
  if (started || !env.CMS_CONTRACT_URL) return started;
  return {
    url: env.CMS_CONTRACT_URL.replace(/\/+$/, ''),
    token: env.CMS_CONTRACT_TOKEN ?? '',
    webhookPort: Number(env.CMS_CONTRACT_WEBHOOK_PORT),
    webhookKey: env.CMS_CONTRACT_WEBHOOK_KEY ?? '',
    webhookSecret: env.CMS_CONTRACT_WEBHOOK_SECRET ?? '',
  };
}
