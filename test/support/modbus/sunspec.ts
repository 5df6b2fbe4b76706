import { fileURLToPath } from 'node:url';
import { PythonProcess, PythonVenv } from '../system/python-venv.ts';

const SCRIPT = fileURLToPath(new URL('./sunspec.py', import.meta.url));

/** SunSpec's own library, in an environment of its own. */
const venv = new PythonVenv('venv-sunspec', 'pysunspec2==1.3.7', 'sunspec2');

export const pysunspecAvailable = (): boolean => venv.available();

/** Makes images of SunSpec devices, and reads devices as an independent client. Whoever starts it must `stop()` it. */
export class PySunSpec {
  private constructor(private readonly process: PythonProcess) {}

  static async start(): Promise<PySunSpec> {
    return new PySunSpec(await PythonProcess.start('pysunspec2', venv.python, [SCRIPT]));
  }

  stop(): Promise<void> {
    return this.process.kill();
  }

  /** Registers from "SunS" to the end of the chain; values are raw. */
  image(models: readonly (readonly [id: number, values: Readonly<Record<string, unknown>>])[]): Promise<number[]> {
    return this.process.ask({ image: models }) as Promise<number[]>;
  }

  /** Computed values by `id/n.path`; null where they are not implemented. */
  read(port: number, unit: number): Promise<Record<string, number | string | null>> {
    return this.process.ask({ read: [port, unit] }) as Promise<Record<string, number | string | null>>;
  }
}
