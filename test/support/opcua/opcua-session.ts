import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Ports } from '../../../src/base/ports';
import { OpcUaPki } from '../../../src/drivers/opcua/security/pki';
import {
  acquireSession,
  type SessionLease,
  type SessionOptions,
} from '../../../src/drivers/opcua/session/session-pool';

export const never = new AbortController().signal;

/** Sessions with certificates in a temporary directory of their own; `end()` releases what was acquired and deletes it. */
export class SessionBench {
  readonly pkiDirectory = mkdtempSync(join(tmpdir(), 'devicelink-pki-'));
  readonly logged: string[] = [];
  readonly ports: Ports;
  private readonly leases: SessionLease[] = [];

  constructor() {
    const note = (line: string): void => void this.logged.push(line);
    this.ports = {
      clock: systemClock,
      log: { debug: note, info: note, warn: note, error: note },
      random: () => 0.5,
    };
  }

  /** Anonymous and unsecured unless said otherwise. */
  acquire(endpoint: string, options: Partial<SessionOptions> = {}): SessionLease {
    const lease = acquireSession(
      {
        endpoint,
        securityPolicy: 'None',
        securityMode: 'None',
        identity: { type: 'anonymous' },
        pkiDirectory: this.pkiDirectory,
        applicationName: 'DeviceLink',
        timeoutMs: 5000,
        ...options,
      },
      this.ports,
    );
    this.leases.push(lease);
    return lease;
  }

  pki(): Promise<OpcUaPki> {
    return OpcUaPki.open(this.pkiDirectory);
  }

  /** Trusts whatever was rejected so far. */
  async trustRejected(): Promise<void> {
    const pki = await this.pki();
    const { rejected } = await pki.listCertificates();
    for (const { thumbprint } of rejected) await pki.trust(thumbprint);
  }

  /** The text of all files in the store, except the own private key. */
  storedText(): string {
    return readdirSync(this.pkiDirectory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'private_key.pem')
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
      .join('\n');
  }

  async releaseAll(): Promise<void> {
    await Promise.all(this.leases.map((lease) => lease.release()));
  }

  async end(): Promise<void> {
    await this.releaseAll();
    rmSync(this.pkiDirectory, { recursive: true, force: true });
  }
}
