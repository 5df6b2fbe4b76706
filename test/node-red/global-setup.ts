import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const run = promisify(execFile);
const ROOT = dirname(dirname(import.meta.dirname));

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the tarball `npm pack` made of the working tree. */
    tarball: string;
    /** A user directory into which npm installed that tarball; copy it, never run in it. */
    userDirTemplate: string;
  }
}

/**
 * Packs the package once and installs it with npm into a clean user directory, as a user would.
 * `npm pack` builds first (prepack), so the tests never run against a stale build; `npm test` has just done so.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'devicelink-package-'));
  const npm = (...args: string[]) =>
    run('npm', args, { cwd: ROOT, env: npmEnvironment(), maxBuffer: 16 * 1024 * 1024 });
  const built = process.env['DEVICELINK_BUILT'] === '1' ? ['--ignore-scripts'] : [];
  const { stdout } = await npm('pack', ...built, '--silent', '--json', '--pack-destination', directory);
  const tarball = join(directory, packedFile(stdout));
  const userDir = join(directory, 'user-dir');
  await run('mkdir', ['-p', userDir]);
  await writeFile(
    join(userDir, 'package.json'),
    JSON.stringify({ name: 'node-red-project', version: '0.0.1', private: true }),
  );
  await npm('install', tarball, '--prefix', userDir, '--prefer-offline', '--no-audit', '--no-fund', '--omit=dev');
  project.provide('tarball', tarball);
  project.provide('userDirTemplate', userDir);
  return () => rm(directory, { recursive: true, force: true });
}

/** The file name in what `npm pack --json` prints; the build's own output may stand before it. */
function packedFile(output: string): string {
  const name = /"filename":\s*"([^"]+\.tgz)"/.exec(output)?.[1];
  if (name === undefined) throw new Error(`npm pack named no file: ${output.slice(-500)}`);
  return name.replace('@', '').replace('/', '-');
}

/** Without the settings of an enclosing `npm test`, which would otherwise redirect the installation. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const bin = join(ROOT, 'node_modules', '.bin');
  const inherited = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_config_local'));
  return { ...Object.fromEntries(inherited), PATH: `${bin}:${process.env['PATH'] ?? ''}` };
}
