import { type RunningCms, request } from './builtin-cms.ts';
import { cmsUnderTest } from './cms-under-test.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';

/** The Strapi that `strapi-setup.ts` started. */

const started = cmsUnderTest();
if (!started) throw new Error('no Strapi was started; run these tests with npm run test:strapi');
const { url, token, webhookPort } = started;

const ask = (path: string, bearer: string, method: string, body?: unknown) =>
  request(url + path, {
    method,
    headers: { authorization: `Bearer ${bearer}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

export const strapi: RunningCms = {
  url,
  call: (method, path, body) => ask(path, token, method, body),
  close: async () => {},
};

/** Tidings with Strapi as its CMS, listening where Strapi tells of changes. */
export const startSystemOnStrapi = (options: SystemOptions = {}): Promise<System> =>
  startSystem({
    ...options,
    cms: strapi,
    port: webhookPort,
    env: { CMS_API_URL: url, CMS_API_TOKEN: token, ...options.env },
  });

/** A person in the admin panel: its own requests, with a login of its own. */
export interface Panel {
  call: RunningCms['call'];
}

const ADMIN = {
  firstname: 'Ada',
  lastname: 'Admin',
  email: 'admin@example.com',
  password: 'Correct-horse-7',
};

/** Logs in to the admin panel; the first time makes the account. */
export async function openPanel(): Promise<Panel> {
  const { email, password } = ADMIN;
  const first = await ask('/admin/register-admin', '', 'POST', ADMIN);
  const reply =
    first.status === 200 ? first : await ask('/admin/login', '', 'POST', { email, password });
  if (reply.status !== 200) throw new Error(`the admin panel answered ${reply.status}`);
  const session = String(reply.body.data.token);
  return { call: (method, path, body) => ask(path, session, method, body) };
}
