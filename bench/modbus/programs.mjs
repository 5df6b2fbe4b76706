import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const directory = join(import.meta.dirname, '..', '..', '.cache', 'bench-modbus', 'bin');

/** Compiles one C program of this benchmark; answers its path. Needs gcc, and libmodbus-dev for the reader. */
export function compile(name, libraries = []) {
  mkdirSync(directory, { recursive: true });
  const program = join(directory, name);
  execFileSync('gcc', ['-O2', '-Wall', '-o', program, join(import.meta.dirname, `${name}.c`), ...libraries]);
  return program;
}

/** Starts the delayed server; answers its port and how to stop it. */
export async function startServer(program, delayMs) {
  const child = spawn(program, [String(delayMs)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = await once(createInterface(child.stdout), 'line');
  const stop = async () => {
    const exited = once(child, 'exit');
    child.stdin.end();
    await exited;
  };
  return { port: Number(port), stop };
}
