import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** `subjectAltName` of the certificate, openssl notation. */
  readonly altNames?: string;
  /** Negative: expired already. */
  readonly days?: number;
}

/** A certificate authority of its own in a temporary directory, made by openssl; `remove()` deletes it. */
export class TestAuthority {
  readonly directory = mkdtempSync(join(tmpdir(), 'devicelink-ca-'));
  readonly caFile = join(this.directory, 'ca.crt');
  readonly ca: string;
  private readonly caKey = join(this.directory, 'ca.key');

  constructor(name = 'DeviceLink test CA') {
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-sha256', '-days', '2', '-subj', `/CN=${name}`];
    openssl([...request, '-keyout', this.caKey, '-out', this.caFile]);
    this.ca = readFileSync(this.caFile, 'utf8');
  }

  /** A key with a certificate signed by this authority, for a server or a client. */
  issue(commonName: string, { altNames, days = 2 }: IssueOptions = {}): KeyPair {
    const base = join(this.directory, `${commonName.replaceAll(/\W/g, '_')}-${String(Math.random()).slice(2)}`);
    const [keyFile, requestFile, certFile, extensionFile] = ['key', 'csr', 'crt', 'ext'].map((end) => `${base}.${end}`);
    if (!keyFile || !requestFile || !certFile || !extensionFile) throw new Error('no file names');
    openssl(
      ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${commonName}`, '-keyout', keyFile].concat([
        '-out',
        requestFile,
      ]),
    );
    writeFileSync(extensionFile, altNames === undefined ? '' : `subjectAltName=${altNames}\n`);
    const sign = ['x509', '-req', '-in', requestFile, '-CA', this.caFile, '-CAkey', this.caKey, '-CAcreateserial'];
    openssl([...sign, '-sha256', '-days', String(days), '-extfile', extensionFile, '-out', certFile]);
    return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }

  /** The file of a certificate with its key and this authority, as PKCS#12. */
  pkcs12({ certFile, keyFile }: KeyPair, passphrase: string): string {
    const file = `${certFile}.p12`;
    const parts = ['-in', certFile, '-inkey', keyFile, '-certfile', this.caFile];
    openssl(['pkcs12', '-export', ...parts, '-passout', `pass:${passphrase}`, '-out', file]);
    return file;
  }

  /** The revocation list of this authority, with these certificates in it. */
  revoke(...revoked: readonly KeyPair[]): string {
    const base = join(this.directory, `crl-${String(Math.random()).slice(2)}`);
    const config = `${base}.cnf`;
    writeFileSync(`${base}.txt`, '');
    writeFileSync(config, `[ca]\ndefault_ca=c\n[c]\ndatabase=${base}.txt\ndefault_md=sha256\ndefault_crl_days=1\n`);
    const ca = ['ca', '-config', config, '-cert', this.caFile, '-keyfile', this.caKey];
    for (const { certFile } of revoked) openssl([...ca, '-revoke', certFile]);
    openssl([...ca, '-gencrl', '-out', `${base}.crl`]);
    return readFileSync(`${base}.crl`, 'utf8');
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Without the OPENSSL_CONF that node-opcua's server spoils in a process that it has run in. */
function openssl(args: readonly string[]): void {
  const env = { ...process.env, OPENSSL_CONF: undefined };
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], env });
}
