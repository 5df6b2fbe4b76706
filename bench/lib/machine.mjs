import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, platform, release, totalmem } from 'node:os';

const require = createRequire(import.meta.url);

/** What the figures were measured on, one line each. */
export function describeMachine() {
  const cores = cpus();
  return [
    `${cores.length} cores of ${cores[0]?.model ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB`,
    `${operatingSystem()}, ${platform()} ${release()}`,
    `Node.js ${process.versions.node}, ${versions(['node-red', 'mqtt', 'modbus-serial']).join(', ')}`,
    ...mosquittoVersion(),
  ];
}

function operatingSystem() {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? platform();
  } catch {
    return platform();
  }
}

const versions = (names) => names.map((name) => `${name} ${require(`${name}/package.json`).version}`);

function mosquittoVersion() {
  try {
    return [
      /^mosquitto version \S+/m.exec(execFileSync('mosquitto', ['-h'], { encoding: 'utf8' }))?.[0] ?? 'mosquitto',
    ];
  } catch (error) {
    // Some versions end with 1 or 3 after printing their help.
    const version = /^mosquitto version \S+/m.exec(String(error.stdout ?? ''))?.[0];
    return version === undefined ? [] : [version];
  }
}
