import { readFile } from 'node:fs/promises';
import { importManifests, type Imported } from './octopus/import';
import type { Finding } from './octopus/report';

/**
 * `devicelink-import manifest.yaml [more] > flow.json`: Octopus' manifests as a flow for Node-RED, on the standard output; what is to be
 * said of it on the standard error. `-` is the standard input. The file is also a library: `importManifests`.
 */

export { importManifests, type Imported };

const USAGE = `usage: devicelink-import manifest.yaml [more.yaml ...] > flow.json

Octopus' DeviceLinks, with the Secrets and ConfigMaps that they refer to, become a flow for Node-RED
(menu, Import). The flow holds the secrets of the manifests: keep it as you keep them.
What is not carried over is told. Exit code: 0 all is carried over, 1 not all, 2 nothing.
`;

export interface CommandOutput {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly read: (file: string) => Promise<string>;
}

/** Runs the command; answers the exit code. */
export async function runCommand(files: readonly string[], { out, error, read }: CommandOutput): Promise<number> {
  if (files.length === 0 || files.some((file) => file === '--help' || file === '-h')) {
    error(USAGE);
    return files.length === 0 ? 2 : 0;
  }
  const manifests: { file: string; text: string }[] = [];
  for (const file of files) {
    try {
      manifests.push({ file, text: await read(file) });
    } catch (cause) {
      error(`${file}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}\n`);
      return 2;
    }
  }
  const { flow, findings } = importManifests(manifests);
  for (const finding of findings) error(`${lineOf(finding)}\n`);
  const devices = flow.filter(({ type }) => String(type).endsWith('-device')).length;
  error(`${devices} device${devices === 1 ? '' : 's'}, ${findings.length} remark${findings.length === 1 ? '' : 's'}\n`);
  if (devices === 0) return 2;
  out(`${JSON.stringify(flow, exactIntegers, 2)}\n`);
  return findings.some(({ kind }) => kind !== 'note') ? 1 : 0;
}

const lineOf = ({ kind, resource, path, message }: Finding): string =>
  `${kind}: ${resource}: ${path === '' ? '' : `${path}: `}${message}`;

/** Numbers beyond 2^53 - 1 are text in a flow. */
const exactIntegers = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
}

if (require.main === module) {
  void runCommand(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    read: (file) => (file === '-' ? readStandardInput() : readFile(file, 'utf8')),
  }).then((code) => (process.exitCode = code));
}
