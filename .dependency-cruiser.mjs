/**
 * What may import what in the API: each of these the ones before it, and nothing after it. Rows (`*.entity.ts`) may name
 * rows, and what they hold, of any feature: that is what the tables do.
 */
const LAYERS = [
  'platform',
  'config',
  'database',
  'graphql',
  'http',
  'reasons',
  'tags',
  'events',
  'access',
  'thresholds',
  'machines',
  'disks',
  'storage',
  'docker',
  'packages',
  'state',
  'metrics',
  'inventory',
  'backups',
  'files',
  'vault',
  'deposit',
  'room',
  'places',
  'executions',
  'rollouts',
  'log-messages',
  'exports',
  'alerts',
  'causes',
  'overview',
  'scheduler',
  'demo',
]

/** Of graphql/ what features are written with; the rest of it names every feature. */
const FOR_FEATURES = '^api/src/graphql/(context|cost|scalars|scope)\\.ts$'
const ROWS = '\\.entity\\.ts$'
const folders = (names) => `^api/src/(${names.join('|')})/`

const oneWay = LAYERS.map((layer, index) => ({
  name: `${layer}-knows-nothing-above-it`,
  severity: 'error',
  from: {
    path: folders([layer]),
    pathNot: [ROWS, '^api/src/graphql/', '\\.test\\.ts$', '^api/src/database/entities\\.ts$'],
  },
  to: { path: folders(LAYERS.slice(index + 1)), pathNot: [ROWS] },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...oneWay,
    {
      name: 'nothing-knows-the-root',
      comment:
        'app.ts, services.ts, tasks.ts and main.ts put the house together: nobody in it knows them, but the demo that plays in it.',
      severity: 'error',
      from: { path: '^api/src/[^/]+/', pathNot: ['^api/src/graphql/', '^api/src/demo/'] },
      to: { path: '^api/src/[^/]+\\.ts$' },
    },
    {
      name: 'features-use-of-graphql-what-is-theirs',
      severity: 'error',
      from: { path: '^api/src/[^/]+/', pathNot: ['^api/src/graphql/', '\\.test\\.ts$'] },
      to: { path: '^api/src/graphql/', pathNot: FOR_FEATURES },
    },
    {
      name: 'no-folder-outside-the-layers',
      severity: 'error',
      from: {},
      to: { path: '^api/src/[^/]+/', pathNot: folders(LAYERS) },
    },
    {
      name: 'no-value-circle',
      comment: 'Rows that point to each other do so as their tables do.',
      severity: 'error',
      from: { pathNot: ROWS },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'one-package-is-not-another',
      severity: 'error',
      from: { path: '^(api|agent)/src/' },
      to: { path: '^(api|agent|dashboard|bundle)/', pathNot: ['^$1/', '^agent/dist/(actions|report|host)/'] },
    },
    {
      name: 'the-shape-of-a-report-knows-no-collector',
      severity: 'error',
      from: { path: '^agent/src/report/' },
      to: { path: '^agent/src/', pathNot: '^agent/src/report/' },
    },
    {
      name: 'the-shape-of-a-report-asks-no-system',
      severity: 'error',
      from: { path: '^agent/src/report/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'what-may-be-asked-of-a-machine-stands-alone',
      severity: 'error',
      from: { path: '^agent/src/actions/' },
      to: { path: '^agent/src/', pathNot: '^agent/src/actions/' },
    },
    {
      name: 'what-both-do-with-their-system-stands-alone',
      severity: 'error',
      from: { path: '^agent/src/host/' },
      to: { path: '^agent/src/', pathNot: '^agent/src/host/' },
    },
    {
      name: 'the-agent-is-one-small-file',
      comment: 'Its collectors take types from the shapes; the library that reads with them stays out of the bundle.',
      severity: 'error',
      // What a server asks of a machine is read by the smaller half of the same library.
      from: { path: '^agent/src/', pathNot: '^agent/src/(report|actions|executions)/' },
      to: {
        path: ['^agent/src/report/(index|docker|hardware|machine|metrics|sections|storage|updates)\\.ts$', '/zod/'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'api/tsconfig.json' },
  },
}
