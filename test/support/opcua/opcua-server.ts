import type { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  ServiceFault,
  type ServerSecureChannelLayer,
  type StatusCode,
  StatusCodes,
  type AddressSpace,
  type OperationLimitsOptions,
} from 'node-opcua';
import { freePort } from '../system/free-port';

type Message = Parameters<ServerSecureChannelLayer['send_response']>[2];
export type PolicyName = keyof typeof SecurityPolicy;
export type ModeName = 'None' | 'Sign' | 'SignAndEncrypt';

/** The insides of node-opcua's server. */
interface InnerSession extends EventEmitter<{ new_subscription: [EventEmitter<{ monitoredItem: [] }>] }> {
  readonly publishEngine: { readonly subscriptions: { readonly monitoredItemCount: number }[] };
}

export interface OpcUaTestServerOptions {
  /** Default: all that node-opcua offers. */
  readonly policies?: readonly PolicyName[];
  /** Default: all three. */
  readonly modes?: readonly ModeName[];
  /** User name -> password. Default: `user` / `secret`. */
  readonly users?: Readonly<Record<string, string>>;
  /** Default true. */
  readonly allowAnonymous?: boolean;
  /** Default 100. */
  readonly maxSessions?: number;
  /** Default: node-opcua's own. Enforced by the server (BadTooManyOperations). */
  readonly operationLimits?: OperationLimitsOptions;
  /** `expired`: was valid until yesterday. */
  readonly certificate?: 'valid' | 'expired';
  /** Whether client certificates unknown to the server are taken. Default true. */
  readonly trustsAnyClient?: boolean;
  /** Behind host and port. Default none. */
  readonly resourcePath?: string;
  /** Builds the address space, again after each `start`. */
  readonly populate?: (addressSpace: AddressSpace) => void | Promise<void>;
}

/**
 * node-opcua's server on a free port of 127.0.0.1, its certificates in a temporary directory.
 * Whoever starts it must `remove()` it; `stop` and `start` keep port and certificate.
 */
export class OpcUaTestServer {
  private readonly options: OpcUaTestServerOptions;
  private directory: string | undefined;
  private boundPort = 0;
  private running: OPCUAServer | undefined;
  private trustStores: OPCUACertificateManager[] = [];

  constructor(options: OpcUaTestServerOptions = {}) {
    this.options = options;
  }

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${this.boundPort}`;
  }

  get port(): number {
    return this.boundPort;
  }

  /** node-opcua's own object; throws while stopped. */
  get server(): OPCUAServer {
    if (this.running === undefined) throw new Error('the OPC UA test server is not running');
    return this.running;
  }

  get addressSpace(): AddressSpace {
    const space = this.server.engine.addressSpace;
    if (space === null) throw new Error('the OPC UA test server has no address space');
    return space;
  }

  /** Open sessions of clients at this moment. */
  get sessionCount(): number {
    return this.server.engine.currentSessionCount;
  }

  /** Numbers of monitored items, for each subscription of each session. */
  get itemCounts(): number[][] {
    return this.sessions.map(({ publishEngine }) =>
      publishEngine.subscriptions.map(({ monitoredItemCount }) => monitoredItemCount),
    );
  }

  /** Calls back when the first item of the next subscription of an open session has been made; the answer is not yet sent. */
  onNextItem(made: () => void): void {
    for (const session of this.sessions) {
      session.once('new_subscription', (subscription) => subscription.once('monitoredItem', made));
    }
  }

  private get sessions(): InnerSession[] {
    return Object.values((this.server.engine as unknown as { _sessions: Record<string, InnerSession> })._sessions);
  }

  /** From now on answers a service (`TranslateBrowsePathsToNodeIds`) with a fault, as one that lacks it does. */
  refuseService(name: string, status: keyof typeof StatusCodes): void {
    this.intercept(name, () => faultOf(status));
  }

  /** From now on has no sessions at these endpoints, as at one for discovery only. */
  refuseSessionsAt(url: RegExp): void {
    this.intercept('CreateSession', ({ endpointUrl }) =>
      url.test(String(endpointUrl)) ? faultOf('BadServiceUnsupported') : undefined,
    );
  }

  /** How often a node has been read since. */
  countReads(nodeId: string): () => number {
    let count = 0;
    this.intercept('Read', ({ nodesToRead }) => {
      const nodes = nodesToRead as { nodeId: { toString(): string } }[];
      count += nodes.filter((node) => node.nodeId.toString() === nodeId).length;
      return undefined;
    });
    return () => count;
  }

  /** `see` gets each request of a service first, and may answer it in place of the server. */
  private intercept(
    service: string,
    see: (request: Readonly<Record<string, unknown>>) => ServiceFault | undefined,
  ): void {
    type Handler = (message: Message, channel: ServerSecureChannelLayer) => void;
    const handlers = this.server as unknown as Record<string, Handler>;
    const name = `_on_${service}Request`;
    const handle = handlers[name]!.bind(this.server);
    handlers[name] = (message, channel) => {
      const response = see(message.request as unknown as Readonly<Record<string, unknown>>);
      if (response === undefined) handle(message, channel);
      else channel.send_response('MSG', response, message, () => undefined);
    };
  }

  /** The server's certificate, DER. */
  get certificate(): Buffer {
    return this.server.getCertificate();
  }

  /** The private key of the server, PEM; tests look for it where it must not be. */
  async privateKey(): Promise<string> {
    return readFile(join(this.directory ?? '', 'pki/own/private/private_key.pem'), 'utf8');
  }

  /** Starts it; after a `stop` on the port it had before. */
  async start(): Promise<this> {
    this.directory ??= await mkdtemp(join(tmpdir(), 'devicelink-opcua-'));
    if (this.boundPort === 0) this.boundPort = await freePort();
    const certificates = await this.openTrustStore('pki');
    const users = await this.openTrustStore('users');
    const { policies, modes, operationLimits } = this.options;
    const certificateFile = join(this.directory, 'server.pem');
    if (this.options.certificate === 'expired') await makeExpiredCertificate(certificates, certificateFile);
    const server = new OPCUAServer({
      host: '127.0.0.1',
      hostname: '127.0.0.1',
      port: this.boundPort,
      ...(this.options.resourcePath && { resourcePath: this.options.resourcePath }),
      certificateFile,
      serverCertificateManager: certificates,
      userCertificateManager: users,
      allowAnonymous: this.options.allowAnonymous ?? true,
      ...(policies && { securityPolicies: policies.map((name) => SecurityPolicy[name]) }),
      ...(modes && { securityModes: modes.map((name) => MessageSecurityMode[name]) }),
      serverInfo: { applicationUri: APPLICATION_URI, productUri: 'urn:devicelink:test' },
      serverCapabilities: {
        maxSessions: this.options.maxSessions ?? 100,
        ...(operationLimits && { operationLimits }),
      },
      maxConnectionsPerEndpoint: 500,
      userManager: { isValidUser: (name: string, password: string) => this.isUser(name, password) },
    });
    await server.initialize();
    this.running = server;
    await this.options.populate?.(this.addressSpace);
    await server.start();
    return this;
  }

  /** Closes all connections at once, as a server that is switched off. */
  async stop(): Promise<void> {
    const server = this.running;
    this.running = undefined;
    await server?.shutdown(0);
    await Promise.all(this.trustStores.splice(0).map((store) => store.dispose()));
  }

  /** Stops it and deletes its directory. */
  async remove(): Promise<void> {
    await this.stop();
    if (this.directory !== undefined) await rm(this.directory, { recursive: true, force: true });
  }

  private isUser(name: string, password: string): boolean {
    const users = this.options.users ?? { user: 'secret' };
    return Object.hasOwn(users, name) && users[name] === password;
  }

  private async openTrustStore(name: string): Promise<OPCUACertificateManager> {
    const store = new OPCUACertificateManager({
      rootFolder: join(this.directory ?? tmpdir(), name),
      automaticallyAcceptUnknownCertificate: this.options.trustsAnyClient ?? true,
      disableFileWatchers: true,
    });
    await store.initialize();
    this.trustStores.push(store);
    return store;
  }
}

const faultOf = (status: keyof typeof StatusCodes): ServiceFault =>
  new ServiceFault({ responseHeader: { serviceResult: StatusCodes[status] as StatusCode } });

const APPLICATION_URI = 'urn:devicelink:opcua-test-server';
const DAY_MS = 86_400_000;

async function makeExpiredCertificate(store: OPCUACertificateManager, outputFile: string): Promise<void> {
  await store.createSelfSignedCertificate({
    applicationUri: APPLICATION_URI,
    dns: ['localhost'],
    ip: ['127.0.0.1'],
    subject: '/CN=DeviceLink expired test server',
    startDate: new Date(Date.now() - 11 * DAY_MS),
    validity: 10,
    outputFile,
  });
}
