/**
 * Arrows point down only: nodes -> node-red -> { drivers, onem2m -> mqtt } -> { device, net } -> base.
 * See "The house" in CONTRIBUTING.md.
 */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** What a part of src may import of ours; anything else below src or nodes is an error. */
const standsOn = (part, ...floors) =>
  rule(
    `${part.replaceAll('/', '-')}-stands-on`,
    `src/${part} imports only ${floors.map((floor) => `src/${floor}`).join(', ') || 'nothing of ours'}`,
    { path: `^src/${part}/` },
    { path: '^(src|nodes)/', pathNot: `^src/(${[part, ...floors].join('|')})/` },
  );

module.exports = {
  forbidden: [
    rule('no-circular', 'a cycle has no bottom to start reading from', {}, { circular: true }),
    {
      ...rule('no-circular-folders', 'nor have two rooms that need each other', {}, { circular: true }),
      scope: 'folder',
    },
    standsOn('base'),
    standsOn('net', 'base'),
    standsOn('device', 'base'),
    standsOn('mqtt', 'base', 'net', 'device'),
    rule(
      'only-publishing-knows-devices',
      'the rest of src/mqtt is an MQTT client for anybody',
      { path: '^src/mqtt/(?!publishing/)' },
      { path: '^src/device/' },
    ),
    rule(
      'drivers-stand-on',
      'a driver imports only src/base, src/net and src/device (and drivers/mqtt the MQTT connection)',
      { path: '^src/drivers/([^/]+)/' },
      { path: '^(src|nodes)/', pathNot: '^src/(drivers/$1|base|net|device|mqtt)/' },
    ),
    rule(
      'only-the-mqtt-driver-uses-mqtt',
      'other drivers know no broker',
      { path: '^src/drivers/(?!mqtt/)' },
      { path: '^src/mqtt/' },
    ),
    standsOn('onem2m', 'base', 'net', 'mqtt'),
    standsOn('import', 'base', 'net', 'device', 'drivers', 'mqtt'),
    rule('nodes-know-only-the-top', 'nobody imports the registration files', { path: '^src/' }, { path: '^nodes/' }),
    rule(
      'node-red-is-on-top',
      'only nodes/ imports src/node-red',
      { path: '^src/(?!node-red/)' },
      { path: '^src/node-red/' },
    ),
    rule(
      'editor-runs-in-a-browser',
      'editor code shares only pure code with the rest',
      { path: '^(src/editor|nodes/[^/]+/editor)/' },
      { dependencyTypes: ['core', 'npm'] },
    ),
    rule(
      'no-editor-at-runtime',
      'runtime code never imports editor code',
      { path: '^(nodes|src)/', pathNot: '^(src/editor|nodes/[^/]+/editor)/' },
      { path: '^(src/editor|nodes/[^/]+/editor)/' },
    ),
    rule(
      'only-node-red-knows-node-red',
      'src/ is a library without Node-RED',
      { path: '^src/(?!node-red/|editor/)' },
      { path: 'node_modules/(@types/)?node-red' },
    ),
    rule(
      'no-dev-dependency-at-runtime',
      'what the package runs with must be a dependency, or an optional peer that is loaded at first use',
      // src/import is bundled with what it needs, as a command.
      { path: '^(nodes|src)/', pathNot: '^(src/editor|src/import|nodes/[^/]+/editor)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
