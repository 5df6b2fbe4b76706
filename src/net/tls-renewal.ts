import { DeviceError } from '../base/errors';
import { describeProblems } from '../base/fields/fields';
import type { Problem } from '../base/fields/problems';
import { systemClock, type Clock } from '../base/ports';
import { readPemFiles } from './pem-files';
import { fileReferences, readTlsMaterial, type PemSources, type TlsMaterial } from './tls';

export interface RenewedTls {
  readonly material: TlsMaterial;
  /** Why what is in the files now is not taken: TLS_FILES. */
  readonly problem?: DeviceError;
}

/**
 * Certificates in files that are replaced while the program runs. They are read again before each connection, and taken as a whole or not at
 * all: what does not fit together leaves those before in force.
 */
export class TlsRenewal {
  private readonly references: readonly string[];

  constructor(
    private readonly sources: PemSources,
    private current: TlsMaterial,
    private readonly clock: Clock = systemClock,
  ) {
    this.references = fileReferences(sources);
  }

  /** Whether there is anything to read again. */
  get isNeeded(): boolean {
    return this.references.length > 0;
  }

  /** Never rejects; settles within 5 s. */
  async renew(): Promise<RenewedTls> {
    const problems: Problem[] = [];
    const readFile = await readPemFiles(this.references, this.clock);
    const material = readTlsMaterial(this.sources, readFile, problems);
    if (problems.length === 0) {
      this.current = material;
      return { material };
    }
    const text = `the files with certificates cannot be used as they are now, and those before are kept: ${describeProblems(problems)}`;
    const advice = 'Replace certificate and key together; the next connection reads them again.';
    return { material: this.current, problem: new DeviceError('TLS_FILES', text, { advice }) };
  }
}
