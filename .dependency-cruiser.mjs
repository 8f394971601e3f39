/**
 * The import arrows. Each part of `src/` is listed with the parts it may import besides itself;
 * whatever is not listed is forbidden. Test files may also use `test/support`.
 */

const PURE = ['contracts', 'errors.ts', 'domain'];
const SIDE = [
  ...PURE,
  'config.ts',
  'deadline.ts',
  'group-commit.ts',
  'package-root.ts',
  'script-runner.ts',
  'observability',
];
const COMPOSITION = [...SIDE, 'queues', 'db', 'stores', 'mail'];
const PROCESS = [...COMPOSITION, 'deps.ts', 'shutdown.ts'];

const ARROWS = {
  config: [],
  'config.ts': ['config'],
  'deadline.ts': [],
  'errors.ts': [],
  'group-commit.ts': [],
  'package-root.ts': [],
  'postgres-client.ts': [],
  'script-runner.ts': [],
  contracts: [],
  observability: [],
  'shutdown.ts': ['observability'],
  domain: PURE,
  queues: SIDE,
  db: [...SIDE, 'postgres-client.ts'],
  stores: SIDE,
  mail: SIDE,
  'deps.ts': COMPOSITION,
  api: PROCESS,
  workers: PROCESS,
  'tidings.ts': [...PROCESS, 'workers'],
};

const TEST = '\\.test\\.ts$';
const pathOf = (part) => `src/${part.replace('.', '\\.')}${part.endsWith('.ts') ? '$' : '/'}`;
const anyOf = (parts) => `^(${parts.map(pathOf).join('|')})`;

const arrows = Object.entries(ARROWS).map(([part, allowed]) => ({
  name: `arrow-${part.replace('.ts', '')}`,
  comment: `src/${part} may import ${allowed.length ? allowed.join(', ') : 'nothing'} of src.`,
  severity: 'error',
  from: { path: `^${pathOf(part)}`, pathNot: TEST },
  to: { path: '^src/', pathNot: anyOf([part, ...allowed]) },
}));

export default {
  forbidden: [
    ...arrows,
    {
      name: 'every-part-has-arrows',
      comment: 'A new part of src needs its own line in ARROWS.',
      severity: 'error',
      from: { path: '^src/', pathNot: [anyOf(Object.keys(ARROWS)), TEST] },
      to: {},
    },
    {
      name: 'src-stands-alone',
      comment: 'src runs without the CMS, the development stack, the examples and the tests.',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { pathNot: '^(src|node_modules)/', dependencyTypes: ['local'] },
    },
    {
      name: 'tests-use-support-only',
      comment: 'A unit test of src may use test/support besides src.',
      severity: 'error',
      from: { path: `^src/.*${TEST}` },
      to: { pathNot: '^(src|node_modules|test/support)/', dependencyTypes: ['local'] },
    },
    {
      name: 'outside-uses-contracts',
      comment:
        'The CMS, the stack and the examples know src by its contracts, configuration and leaves.',
      severity: 'error',
      from: { path: '^(cms|stack|examples)/' },
      to: {
        path: '^src/',
        pathNot: anyOf(['contracts', 'config.ts', 'deadline.ts', 'postgres-client.ts']),
      },
    },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: TEST },
    },
    {
      name: 'no-cycles',
      comment: 'Type-only imports count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment:
        'A module that imports nothing and that nobody imports is dead, or a missing import.',
      severity: 'error',
      from: { orphan: true, pathNot: TEST },
      to: {},
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      from: { path: '^(src|cms/builtin)/|^bull-board\\.ts$', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'only-known-packages',
      comment: 'What is imported must resolve and stand in package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // The TypeScript 7 compiler has no API to parse with: without swc no module would be seen.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|cms/strapi)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
