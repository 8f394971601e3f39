import { join } from 'node:path';
import { freePort } from '../ports.ts';
import { httpAnswers, untilReady } from '../processes/ready.ts';
import { chromaCommand, thisMachine } from './chroma-release.ts';
import type { PartContext, Started } from './part.ts';

/** The real Chroma server, by the `chroma run` command of the `chromadb` package. */
export async function startChroma(context: PartContext): Promise<Started> {
  const script = await chromaCommand(thisMachine(), context.log);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const data = join(context.dataDir, 'chroma');
  const child = await context.run({
    name: 'chroma',
    command: process.execPath,
    args: [script, 'run', '--path', data, '--host', '127.0.0.1', '--port', String(port)],
    cwd: context.dataDir,
  });
  await untilReady(child, () => httpAnswers(`${url}/api/v2/heartbeat`));
  const name = context.env.CHROMA_COLLECTION || 'global';
  await createCollection(url, name);
  return { env: { CHROMA_URL: url, CHROMA_COLLECTION: name } };
}

/** Tidings never creates the collection: a missing one may be a wrong name. Here it is ours. */
async function createCollection(url: string, name: string): Promise<void> {
  const path = '/api/v2/tenants/default_tenant/databases/default_database/collections';
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, get_or_create: true }),
  });
  if (!response.ok)
    throw new Error(`chroma refused to create the collection ${name}: ${response.status}`);
}
