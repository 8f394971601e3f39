import { existsSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

/**
 * Checks the import arrows of `.dependency-cruiser.mjs` and says how many modules were seen, because
 * a parser that reads nothing finds nothing wrong either. Plain JavaScript: under a TypeScript loader
 * the parser's classes do not load.
 */

const ROOTS = [
  'src',
  'cms/builtin',
  'cms/contract',
  'stack',
  'examples',
  'scripts',
  'bench',
  'bull-board.ts',
];
/** Far fewer than there are; only a blind check sees less. */
const FEWEST_MODULES = 150;

const options = await extractOptions('./.dependency-cruiser.mjs');
const { output } = await cruise(ROOTS.filter(existsSync), options);
const { violations, totalCruised, totalDependenciesCruised } = output.summary;

for (const { rule, from, to, cycle } of violations) {
  const path = [from, ...(cycle ? cycle.map(({ name }) => name) : [to].filter((t) => t !== from))];
  console.error(`${rule.severity} ${rule.name}: ${path.join(' -> ')}`);
}
console.log(`imports: ${totalCruised} modules, ${totalDependenciesCruised} imports seen`);

if (totalCruised < FEWEST_MODULES) {
  console.error(
    `Fewer than ${FEWEST_MODULES} modules: the check is blind. Is @swc/core installed?`,
  );
  process.exitCode = 1;
} else if (violations.length > 0) {
  console.error(`${violations.length} violations of .dependency-cruiser.mjs`);
  process.exitCode = 1;
}
