import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Logger } from '../../../base/ports';
import { loadOpcUa, mendEnvironment } from '../library/load';
import { toOpcUaError } from '../library/status-codes';
import { freshName, writeWhole } from '../../../base/files/whole-file';
import { ensurePrivateKey, setAsideCertificates } from './pki-files';
import { describeCertificate, leafOf, readCertificates, type CertificateInfo, type StoredCertificate } from './trust';

const DAY_MS = 86_400_000;
const VALID_DAYS = 5 * 365;
/** The own certificate is made anew when less than this is left. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

export interface OwnCertificate {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly applicationUri: string;
}

/** One store a directory, however many nodes use it: two would overwrite each other's files. */
const stores = new Map<string, Promise<OpcUaPki>>();

/**
 * The certificates of this side and of the servers, in the directory layout of OPC UA (`own`, `trusted`, `rejected`,
 * `issuers`). A server is trusted when its certificate is in `trusted/certs`, or signed by an issuer in there.
 */
export class OpcUaPki {
  private renewal: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly directory: string,
    /** node-opcua's store, for its client. */
    readonly manager: OPCUACertificateManager,
    /** What there is to tell to the first who has a log. */
    private readonly notes: string[],
  ) {}

  /**
   * Opens the store, making directory and private key when there are none. What of it cannot be read is set aside, which
   * the first `log` is told.
   * @throws DeviceError CONFIG
   */
  static async open(directory: string, log?: Pick<Logger, 'warn'>): Promise<OpcUaPki> {
    const pki = await OpcUaPki.share(directory);
    if (log !== undefined) for (const note of pki.notes.splice(0)) log.warn(note);
    return pki;
  }

  private static share(directory: string): Promise<OpcUaPki> {
    const opened = stores.get(directory);
    if (opened !== undefined) return opened;
    const opening = openStore(directory, (manager, notes) => new OpcUaPki(directory, manager, notes));
    stores.set(directory, opening);
    // A directory that could not be written to may be writable next time.
    opening.catch(() => stores.get(directory) === opening && stores.delete(directory));
    return opening;
  }

  /**
   * The certificate of this application, made when there is none for this name or when it ends within 30 days. A new
   * one has the old key; servers that pin certificates must be told to trust it.
   */
  ownCertificate(applicationName: string, now = Date.now()): Promise<OwnCertificate> {
    const result = this.renewal.then(() => this.makeOwnCertificate(applicationName, now));
    this.renewal = result.catch(() => undefined);
    return result;
  }

  /**
   * Lets a server's certificate chain (DER, leaf first) pass or not. One that is not known yet goes to the rejected list.
   * @throws DeviceError `OPCUA_BadCertificate...` naming subject, validity and thumbprint
   */
  async checkServer(chain: Buffer): Promise<void> {
    const leaf = leafOf(chain);
    const info = describeServer(leaf);
    // Files may have been copied in or removed by hand.
    await this.manager.reloadCertificates();
    // Not its `checkCertificate`: that writes what it rejects in a way that leaves half a file on a full disk.
    const verdict: string = await this.manager.verifyCertificate(chain, {
      acceptCertificateWithValidIssuerChain: true,
    });
    const late = Date.now() > Date.parse(info.validTo) || Date.now() < Date.parse(info.validFrom);
    const isGood = verdict === 'Good';
    if (isGood && !late) return;
    const isIncomplete = verdict === 'BadCertificateChainIncomplete';
    if (!isGood) for (const each of isIncomplete ? splitChain(chain) : [leaf]) await this.keepRejected(each);
    const name = late ? 'BadCertificateTimeInvalid' : verdict;
    const described = `${info.subject}, valid ${info.validFrom.slice(0, 10)} to ${info.validTo.slice(0, 10)}`;
    // The reason comes first: a badge shows only the beginning.
    const { code, message, advice } = toOpcUaError({ name, description: await descriptionOf(name) }, 'refused');
    throw new DeviceError(code, `${message}: ${info.thumbprint}, ${described}`, advice === undefined ? {} : { advice });
  }

  /** DER of the trusted certificate that names this host, or else of the only one there is. */
  async trustedOf(host: string): Promise<Buffer | undefined> {
    const trusted = await this.trusted();
    const bare = host.replace(/^\[|\]$/g, '');
    const named = trusted.filter(({ der }) => {
      const certificate = new X509Certificate(der);
      return (certificate.checkHost(bare) ?? certificate.checkIP(bare)) !== undefined;
    });
    const [only, ...others] = named.length > 0 ? named : trusted;
    return others.length === 0 ? only?.der : undefined;
  }

  /** What is trusted and what was rejected, for the trust list. */
  async listCertificates(): Promise<{ trusted: CertificateInfo[]; rejected: CertificateInfo[] }> {
    const [trusted, rejected] = await Promise.all([this.trusted(), this.rejected()]);
    const known = new Set(trusted.map(({ info }) => info.thumbprint));
    return {
      trusted: trusted.map(({ info }) => info),
      rejected: rejected.map(({ info }) => info).filter(({ thumbprint }) => !known.has(thumbprint)),
    };
  }

  /** Moves a rejected certificate to the trusted ones. @throws DeviceError CONFIG when it is not in the rejected list */
  async trust(thumbprint: string): Promise<void> {
    const found = (await this.rejected()).find(({ info }) => info.thumbprint === thumbprint);
    if (found === undefined) throw unknownThumbprint(thumbprint);
    await this.manager.reloadCertificates();
    await this.manager.trustCertificate(found.der);
    await removeFiles(await this.rejected(), thumbprint);
    await this.manager.reloadCertificates();
  }

  /** Forgets a certificate, trusted or rejected. @throws DeviceError CONFIG when it is in neither list */
  async remove(thumbprint: string): Promise<void> {
    const removed = await removeFiles([...(await this.trusted()), ...(await this.rejected())], thumbprint);
    if (removed === 0) throw unknownThumbprint(thumbprint);
    await this.manager.reloadCertificates();
  }

  private trusted(): Promise<StoredCertificate[]> {
    return readCertificates(join(this.directory, 'trusted/certs'));
  }

  private rejected(): Promise<StoredCertificate[]> {
    return readCertificates(join(this.directory, 'rejected'));
  }

  /** For the list, where it can be trusted. A disk that is full must not hide why the server was refused. */
  private async keepRejected(der: Buffer): Promise<void> {
    const { thumbprint } = describeServer(der);
    const known = [...(await this.trusted()), ...(await this.rejected())];
    if (known.some(({ info }) => info.thumbprint === thumbprint)) return;
    const file = join(this.directory, 'rejected', `${thumbprint}.pem`);
    await writeWhole(file, new X509Certificate(der).toString()).catch((error: unknown) => {
      this.notes.push(`cannot keep the rejected certificate ${thumbprint} for the list: ${String(error)}`);
    });
  }

  private async makeOwnCertificate(applicationName: string, now: number): Promise<OwnCertificate> {
    const host = hostname();
    const slug = applicationName.replaceAll(/[^\w.-]+/g, '-');
    // One file an application: devices that call themselves differently must not renew each other's certificate in turn.
    const own = {
      certificateFile: join(this.directory, 'own/certs', `${slug}.client.pem`),
      privateKeyFile: this.manager.privateKey,
      applicationUri: `urn:${host}:${slug}`,
    };
    if (await isUsable(own, now)) return own;
    const fresh = freshName(own.certificateFile);
    await this.manager.createSelfSignedCertificate({
      applicationUri: own.applicationUri,
      dns: [host],
      subject: `/CN=${applicationName.replaceAll(/[/=,+]/g, ' ')}/O=DeviceLink`,
      startDate: new Date(now - DAY_MS), // the server's clock may be slow
      validity: VALID_DAYS,
      outputFile: fresh,
    });
    mendEnvironment();
    await rename(fresh, own.certificateFile);
    return own;
  }
}

async function openStore(
  directory: string,
  make: (manager: OPCUACertificateManager, notes: string[]) => OpcUaPki,
): Promise<OpcUaPki> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { OPCUACertificateManager } = await loadOpcUa();
    const manager = new OPCUACertificateManager({
      rootFolder: directory,
      automaticallyAcceptUnknownCertificate: false,
      disableFileWatchers: true,
    });
    const notes: string[] = [];
    await ensurePrivateKey(manager.privateKey, notes);
    await setAsideCertificates(directory, notes);
    await manager.initialize();
    await chmod(manager.privateKey, 0o600);
    return make(manager, notes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceError(ErrorCode.CONFIG, `cannot use ${directory} for certificates: ${reason}`, { cause });
  } finally {
    mendEnvironment();
  }
}

/** Whether the own certificate exists, is for this application and this key, and lasts. */
async function isUsable(own: OwnCertificate, now: number): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(own.certificateFile));
    const info = describeCertificate(certificate.raw);
    if (!certificate.checkPrivateKey(createPrivateKey(await readFile(own.privateKeyFile)))) return false;
    return info.applicationUri === own.applicationUri && Date.parse(info.validTo) - now > RENEW_BEFORE_MS;
  } catch {
    return false;
  }
}

async function descriptionOf(name: string): Promise<string> {
  const codes = (await loadOpcUa()).StatusCodes as unknown as Readonly<
    Record<string, { readonly description: string }>
  >;
  return codes[name]?.description ?? 'it cannot be verified';
}

function describeServer(leaf: Buffer): CertificateInfo {
  try {
    return describeCertificate(leaf);
  } catch {
    throw toOpcUaError({ name: 'BadCertificateInvalid', description: 'it is malformed' }, 'server certificate');
  }
}

async function removeFiles(certificates: readonly StoredCertificate[], thumbprint: string): Promise<number> {
  const found = certificates.filter(({ info }) => info.thumbprint === thumbprint);
  await Promise.all(found.map(({ file }) => rm(file, { force: true })));
  return found.length;
}

function splitChain(chain: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let rest = chain; rest.length > 0;) {
    const part = leafOf(rest);
    parts.push(part);
    rest = rest.subarray(part.length);
  }
  return parts;
}

function unknownThumbprint(thumbprint: string): DeviceError {
  return new DeviceError(ErrorCode.CONFIG, `no certificate with thumbprint ${thumbprint} in the list`);
}
