import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMetrics as createCmsMetrics } from '../cms/builtin/metrics.ts';
import { createMetrics } from '../src/observability/metrics.ts';

/** A rule or a row about a metric that does not exist, or under another label, never tells of anything. */

const { register } = createMetrics();
const cms = createCmsMetrics(() => ({ size: 0, hitRate: 0, evictions: 0 }) as never).registry;

const labelsOf = new Map(
  [...register.getMetricsAsArray(), ...cms.getMetricsAsArray()].map((metric) => [
    metric.name,
    (metric as unknown as { labelNames: string[] }).labelNames,
  ]),
);
const ours = new Set(register.getMetricsAsArray().map(({ name }) => name));

const fromRoot = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const namesIn = (text: string) => [...text.matchAll(/[a-z]+(?:_[a-z]+)+/g)].map(([name]) => name);
const rowsOf = (table: string) =>
  [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, metric = '']) => metric);

const operations = fromRoot('docs/operations.md');
const [, watching = ''] = operations.split('### Metrics worth an alert');
const [ruled = '', others = ''] = watching.split(/^### /m, 1)[0]?.split('These have none') ?? [];
const rules = [...fromRoot('docs/alerts.yml').matchAll(/^ +expr: (?:>-\s+)?(.+)$/gm)].map(
  ([, expression = '']) => expression,
);

/** `metric{label="value"}`, or the metric alone. */
const selectors = [
  ...rowsOf(ruled),
  ...rowsOf(others),
  ...rules.flatMap((rule) => [...rule.matchAll(/[a-z]+(?:_[a-z]+)+(?:\{[^}]*\})?/g)].flat()),
];

test('the tables and the rules are found', () => {
  expect(rowsOf(ruled).length).toBeGreaterThan(15);
  expect(rowsOf(others).length).toBeGreaterThan(3);
  expect(rules.length).toBeGreaterThan(15);
});

test.each([...new Set(selectors)])('%s exists, with its labels', (selector) => {
  const [name = '', inside = ''] = selector.split('{');
  expect([...ours]).toContain(name);
  const labels = [...inside.matchAll(/([a-z_]+)[!=]/g)].map(([, label = '']) => label);
  expect(labelsOf.get(name)).toEqual(expect.arrayContaining(labels));
});

test('whatever else the page names like a metric exists', () => {
  const inCode = (text: string) =>
    [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => namesIn(code));
  const meant = [
    ...inCode(operations).filter((name) => name.endsWith('_total')),
    ...inCode(ruled + others).filter((name) => name.split('_').length > 2),
  ];
  expect(meant.filter((name) => !labelsOf.has(name))).toEqual([]);
});

test('the first table of metrics is about those that have a rule', () => {
  const inRules = new Set(rules.flatMap((rule) => namesIn(rule).filter((name) => ours.has(name))));
  const inTable = new Set(rowsOf(ruled).map((selector) => selector.split('{')[0]));
  expect([...inTable].sort()).toEqual([...inRules].sort());
});
