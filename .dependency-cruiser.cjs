/**
 * Arrows point down only: nodes -> node-red -> {octopus, onem2m, drivers, mqtt} -> device.
 * See "The house" in CONTRIBUTING.md.
 */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    rule('no-circular', 'a cycle has no bottom to start reading from', {}, { circular: true }),
    rule(
      'device-is-the-floor',
      'src/device imports nothing of ours',
      { path: '^src/device/' },
      { path: '^(src|nodes)/', pathNot: '^src/device/' },
    ),
    rule(
      'mqtt-stands-on-device',
      'src/mqtt imports only src/device',
      { path: '^src/mqtt/' },
      { path: '^(src|nodes)/', pathNot: '^src/(mqtt|device)/' },
    ),
    rule(
      'drivers-stand-on-device',
      'a driver imports only src/device (and drivers/mqtt the MQTT connection)',
      { path: '^src/drivers/([^/]+)/' },
      { path: '^(src|nodes)/', pathNot: '^src/(drivers/$1|device|mqtt)/' },
    ),
    rule(
      'only-the-mqtt-driver-uses-mqtt',
      'other drivers know no broker',
      { path: '^src/drivers/(?!mqtt/)' },
      { path: '^src/mqtt/' },
    ),
    rule(
      'onem2m-stands-on-device-and-mqtt',
      'src/onem2m imports only src/device and src/mqtt',
      { path: '^src/onem2m/' },
      { path: '^(src|nodes)/', pathNot: '^src/(onem2m|device|mqtt)/' },
    ),
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
      { path: '^src/editor/' },
      { dependencyTypes: ['core', 'npm'] },
    ),
    rule(
      'no-editor-at-runtime',
      'runtime code never imports editor code',
      { path: '^(nodes|src/(?!editor/))' },
      { path: '^src/editor/' },
    ),
    rule(
      'only-node-red-knows-node-red',
      'src/ is a library without Node-RED',
      { path: '^src/(?!node-red/|editor/)' },
      { path: 'node_modules/(@types/)?node-red' },
    ),
    rule(
      'no-dev-dependency-at-runtime',
      'what the package runs with must be a dependency',
      { path: '^(nodes|src)/', pathNot: '^src/editor/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
