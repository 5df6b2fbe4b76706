import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The addresses written in the example flows; the demo puts its own servers' in their place. */
const EXAMPLE_BROKER = 'tcp://127.0.0.1:1883';
const EXAMPLE_MODBUS_ENDPOINT = '127.0.0.1:5020';
const EXAMPLE_OPCUA_ENDPOINT = 'opc.tcp://127.0.0.1:4840';
/** oneM2M endpoints: what stands before the `#` and the CSE-ID. */
const EXAMPLE_CSES = { mqtt: 'mqtt://127.0.0.1:1883', in: 'http://127.0.0.1:8080', mn: 'http://127.0.0.1:8081' };

export const PACKAGE = '@devicelink/node-red-devices';

/** Quiet and local: no telemetry, no tour, no palette downloads, no project feature, only the loopback interface. */
const SETTINGS = `module.exports = {
  uiHost: '127.0.0.1',
  uiPort: 0,
  credentialSecret: 'demo',
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false }, header: { title: 'DeviceLink demo' } },
  externalModules: { palette: { allowInstall: false } },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};

// Whoever started this process is gone without a word: do not stay behind.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
`;

/**
 * A Node-RED user directory of its own under `parent`, with the built package in it and, when examples are wanted, all
 * of them as its flows. The package's example files there name the given servers, so an import from the menu works too.
 *
 * @param options.root the repository, already built
 * @param options.withPackage false: a plain Node-RED, for comparison
 * @param options.addresses `{ broker, modbusEndpoint, opcuaEndpoint, inCse, mnCse }`, put into the examples; absent: no flows at all
 */
export async function makeUserDirectory({ root, parent, withPackage = true, addresses }) {
  await mkdir(parent, { recursive: true });
  await removeLeftOvers(parent);
  const directory = await mkdtemp(join(parent, `run-${process.pid}-`));
  await writeFile(join(directory, 'settings.js'), SETTINGS);
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({
      name: 'devicelink-demo',
      private: true,
      version: '0.0.1',
      dependencies: withPackage ? { [PACKAGE]: '*' } : {},
    }),
  );
  if (withPackage) await installPackage(root, directory, addresses);
  if (addresses !== undefined) {
    const flows = await readExamples(join(root, 'examples'), addresses);
    await writeFile(join(directory, 'flows.json'), JSON.stringify(flows, null, 2));
  }
  return {
    path: directory,
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Directories of runs that were killed before they could tidy up. */
async function removeLeftOvers(parent) {
  for (const name of await readdir(parent)) {
    const owner = /^run-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** All example flows as one, with the given servers in place of the example addresses. */
export async function readExamples(directory, addresses) {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  return texts.flatMap((text) => JSON.parse(withAddresses(text, addresses)));
}

/** The text of an example with the given servers in place of the example addresses; without `inCse` and `mnCse`, those stay. */
export function withAddresses(text, { broker, modbusEndpoint, opcuaEndpoint, inCse, mnCse }) {
  return text
    .replaceAll(`"${EXAMPLE_BROKER}"`, `"${broker}"`)
    .replaceAll(`"${EXAMPLE_MODBUS_ENDPOINT}"`, `"${modbusEndpoint}"`)
    .replaceAll(`"${EXAMPLE_OPCUA_ENDPOINT}"`, `"${opcuaEndpoint}"`)
    .replaceAll(`"${EXAMPLE_CSES.mqtt}#`, `"${broker.replace(/^tcp:/, 'mqtt:')}#`)
    .replaceAll(`"${EXAMPLE_CSES.in}#`, `"${inCse ?? EXAMPLE_CSES.in}#`)
    .replaceAll(`"${EXAMPLE_CSES.mn}#`, `"${mnCse ?? EXAMPLE_CSES.mn}#`);
}

/** As npm would install it, but with links to the build; only the examples are copies, as they differ. */
async function installPackage(root, directory, addresses) {
  const target = await linkPackage(root, directory, ['dist', 'resources', 'icons', 'node_modules']);
  await cp(join(root, 'package.json'), join(target, 'package.json'));
  if (addresses === undefined) return;
  await mkdir(join(target, 'examples'));
  for (const name of await readdir(join(root, 'examples'))) {
    const text = await readFile(join(root, 'examples', name), 'utf8');
    await writeFile(join(target, 'examples', name), withAddresses(text, addresses));
  }
}

/** Makes the package in a user directory of links to these parts of the repository; answers its path. */
export async function linkPackage(root, directory, parts) {
  const target = join(directory, 'node_modules', PACKAGE);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const part of parts) await symlink(join(root, part), join(target, part));
  return target;
}
