import postgres from 'postgres';
import type { AuditReport } from '../src/contracts/audit.ts';
import type { Bench } from './bench.ts';
import { holds } from './figure.ts';

/**
 * Has the API audit the database a figure has filled.
 * @returns how many events were accepted there; 0 without asking where there are none
 * @throws where an event is unaccounted for
 */
export async function auditFilled(bench: Bench, env: Record<string, string>): Promise<number> {
  const sql = postgres(env.DATABASE_URL!, { max: 1, onnotice: () => {} });
  const [row] = await sql<{ filled: boolean }[]>`
    select exists (select from file_events) as filled`.finally(() => sql.end());
  if (!row?.filled) return 0;
  const api = await bench.start('api/server.js', env);
  try {
    const response = await fetch(`http://127.0.0.1:${api.port}/api/audit`, {
      headers: { authorization: `Bearer ${env.ADMIN_API_KEY}` },
    });
    holds('the audit answers 200', response.status === 200);
    const { data } = (await response.json()) as { data: AuditReport };
    holds(`of ${data.accepted} accepted events none is unaccounted for`, data.unaccounted === 0);
    return data.accepted;
  } finally {
    await api.stop();
  }
}
