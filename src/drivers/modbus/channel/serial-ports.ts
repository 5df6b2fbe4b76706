import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSerialPort } from './serial-channel';

/** A serial port of this machine. */
export interface SerialPortInfo {
  /** `/dev/ttyUSB0`, `COM3` */
  readonly path: string;
  /** The one that stays the same when the adapter is put into another socket: `/dev/serial/by-id/...`. */
  readonly name?: string;
  /** Of the adapter. */
  readonly maker?: string;
}

const BY_ID = '/dev/serial/by-id';

/** The ports there are, those with a lasting name first. Rejects with PACKAGE_MISSING or PACKAGE_FAILED. */
export async function listSerialPorts(directory = BY_ID): Promise<SerialPortInfo[]> {
  const { SerialPort } = await loadSerialPort();
  const [ports, names] = await Promise.all([SerialPort.list(), lastingNames(directory)]);
  const found = ports.map(({ path, manufacturer }): SerialPortInfo => {
    const name = names.get(path);
    return {
      path,
      ...(name === undefined ? {} : { name }),
      ...(manufacturer === undefined ? {} : { maker: manufacturer }),
    };
  });
  return found.sort(
    (a, b) => Number(b.name !== undefined) - Number(a.name !== undefined) || a.path.localeCompare(b.path),
  );
}

/** By path; none where the system has no such directory. */
async function lastingNames(directory: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const name of await readdir(directory).catch(() => [])) {
    const link = join(directory, name);
    const path = await realpath(link).catch(() => undefined);
    if (path !== undefined) names.set(path, link);
  }
  return names;
}
