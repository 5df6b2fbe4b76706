/**
 * What there is to say of an import. `lost`: something of the manifest has no counterpart, or is not understood; `missing`: a secret that the
 * manifest refers to and does not hold; `note`: read in a way that somebody may not expect.
 */
export interface Finding {
  readonly kind: 'lost' | 'missing' | 'note';
  /** Which resource: `DeviceLink default/living-room-fan`; of a whole file its name. */
  readonly resource: string;
  /** Where in it: `spec.template.spec.protocol.tcp`; empty: as a whole. */
  readonly path: string;
  readonly message: string;
}

/** What one resource has to say. */
export class Report {
  constructor(
    private readonly findings: Finding[],
    readonly resource: string,
  ) {}

  lost(path: string, message: string): void {
    this.findings.push({ kind: 'lost', resource: this.resource, path, message });
  }

  missing(path: string, message: string): void {
    this.findings.push({ kind: 'missing', resource: this.resource, path, message });
  }

  note(path: string, message: string): void {
    this.findings.push({ kind: 'note', resource: this.resource, path, message });
  }
}
