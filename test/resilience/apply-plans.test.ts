import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Sql } from '../../src/db/client.ts';
import { findOpenBatches } from '../../src/db/queries/batches.ts';
import { planOf } from '../support/plan-of.ts';
import { type System, startSystem } from '../support/system.ts';

/** Applying costs the same however the tables have grown since the planner last looked at them. */

let system: System;
let sql: Sql;
beforeAll(async () => {
  system = await startSystem({ workers: false });
  sql = system.deps.db.sql;
});
afterAll(() => system?.stop());

const addBatches = (count: number, closedBy: 'due' | null) => sql`
  insert into batch_processing_sessions (company_id, bot_id, user_email, batch_start_time, due_at,
    status, closed_by, user_preferences_snapshot, preferences_source)
  select 1, 1, 'p' || n || '@example.com', now(), now() + interval '1 hour',
    case when ${closedBy}::text is null then 'processing' else 'completed' end, ${closedBy},
    '{}'::jsonb, 'cms'
  from generate_series(1, ${count}::int) n`;

const owners = (count: number) =>
  Array.from({ length: count }, (_, nth) => ({
    company_id: 1,
    bot_id: 1,
    user_email: `p${nth + 1}@example.com`,
  }));

it("looks for an owner's open batch by the owner, though none was open when the table was analysed", async () => {
  await addBatches(2000, 'due');
  await sql`analyze batch_processing_sessions`;
  await addBatches(5000, null);
  const plan = await planOf(sql, (db) => findOpenBatches(db, owners(20)));
  const lookups = plan.filter((node) => node['Relation Name'] === 'batch_processing_sessions');
  expect(lookups.map((node) => node['Index Name'])).toEqual(['batch_one_open_per_owner']);
  expect(lookups[0]?.['Index Cond']).toContain('user_email');
});
