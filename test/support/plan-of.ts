import type { Sql } from '../../src/db/client.ts';

/** One node of a plan as Postgres describes it. */
export interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Rows Removed by Filter'?: number;
  'Actual Rows': number;
  Plans?: Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/**
 * Runs the query under EXPLAIN with its own parameters, and takes back what it may have changed.
 * @returns every node of its plan, the outermost first
 */
export async function planOf(sql: Sql, query: (db: Sql) => unknown): Promise<Plan[]> {
  let plan: Plan | undefined;
  await sql
    .begin(async (tx) => {
      const explaining = ((strings: TemplateStringsArray, ...values: never[]) => {
        const [first = '', ...rest] = strings;
        const explained = [`explain (analyze, format json) ${first}`, ...rest];
        return tx(Object.assign(explained, { raw: explained }), ...values);
      }) as unknown as Sql;
      const [row] = (await query(explaining)) as { 'QUERY PLAN': { Plan: Plan }[] }[];
      plan = row?.['QUERY PLAN'][0]?.Plan;
      throw new Error('rolled back');
    })
    .catch((error: Error) => {
      if (error.message !== 'rolled back') throw error;
    });
  return nodes(plan!);
}
