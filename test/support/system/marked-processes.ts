import { readdir, readFile } from 'node:fs/promises';

/** Processes with the mark `NAME=value` in their environment: the one that was started with it and whatever that started, whoever their parent is by now. */
export async function processesMarked(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => environments[index]?.split('\0').includes(mark)).map(Number);
}
