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
  return { env: { CHROMA_URL: url } };
}
