import type { ClientSecureChannelLayer, ClientSession, OPCUAClient } from 'node-opcua-client';
import { abortError, unlessAborted } from '../../../base/waiting';
import { settlesWithin } from '../../../base/settle-within';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Clock, Logger } from '../../../base/ports';
import { noFittingToken, toUserIdentity } from './identity';
import { prepareFor } from '../library/ipv6';
import { Refusal } from '../library/refusal';
import { StructureTypes } from '../library/structures';
import { loadOpcUa, mendEnvironment, type OpcUaLibrary } from '../library/load';
import { OpcUaPki, type OwnCertificate } from '../security/pki';
import { assertSecurity, policyToUri } from '../security/security';
import { KeepAlive } from './session-keep-alive';
import { settleEndpoint } from './session-endpoint';
import { readServerInfo, type ServerInfo } from './session-info';
import { SESSION_TIMEOUT_MS, type Orphans } from './session-orphans';
import type { SessionOptions } from './session-options';
import { toOpcUaError } from '../library/status-codes';

/** What closing may take in each of its two steps before the socket is simply cut. */
const CLOSE_STEP_MS = 1500;

/** What one attempt to connect works with. */
export interface LinkContext {
  readonly options: SessionOptions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Closed on the way in; sessions that this link loses are added. */
  readonly orphans: Orphans;
}

/**
 * One connection with one session, from the moment it works until it is lost or closed. It never repairs itself:
 * node-opcua's own reconnection replays old requests (a write could take effect hours later) and creates monitored items
 * anew by NodeIds that may have moved. Whoever holds the link makes a new one.
 */
export class SessionLink {
  /** Called once, when the link goes away although nobody closed it. */
  onLost: ((error: DeviceError) => void) | undefined;
  private ended = false;
  private readonly keepAlive: KeepAlive;
  readonly structures: StructureTypes;

  private constructor(
    private readonly connection: Connection,
    readonly session: ClientSession,
    readonly info: ServerInfo,
    endpoint: string,
    clock: Clock,
  ) {
    this.structures = new StructureTypes(connection.library, session, info.namespaces);
    this.keepAlive = new KeepAlive(session, clock, (error) => this.lose(error));
    const gone = (): void => this.lose(new DeviceError(ErrorCode.LINK_LOST, `the connection to ${endpoint} was lost`));
    connection.client.on('connection_lost', gone);
    connection.client.on('close', gone);
    session.on('session_closed', gone);
    // node-opcua has put a new session in place of one the server forgot: subscriptions and namespaces are not the old ones.
    session.on('session_restored', gone);
  }

  /**
   * Connects, checks the server's certificate, opens a session and learns namespaces and limits.
   * @throws DeviceError; nothing is left open then
   */
  static async open(context: LinkContext): Promise<SessionLink> {
    const { options, signal, clock } = context;
    const what = `cannot connect to ${options.endpoint}`;
    const connection = await Connection.create(context);
    try {
      if (signal.aborted) throw abortError(signal, what);
      const opening = openSession(connection, context);
      const { session, info } = await unlessAborted(opening, signal, what);
      return new SessionLink(connection, session, info, options.endpoint, clock);
    } catch (error) {
      await connection.close(true);
      throw toOpcUaError(error, what);
    } finally {
      mendEnvironment();
    }
  }

  /** One short connection for what earlier ones have left at the server. Never rejects. */
  static async closeOrphans(context: LinkContext): Promise<void> {
    try {
      const connection = await Connection.create(context);
      try {
        await unlessAborted(connect(connection, context), context.signal);
      } finally {
        await connection.close(true);
      }
    } catch {
      // Out of reach: the server's own time-out ends them.
    } finally {
      mendEnvironment();
    }
  }

  /** Settles within 4 s whatever the server does. */
  async close(): Promise<void> {
    this.end();
    await this.connection.close(true);
  }

  /** As `close`, for a lost link: the session is left as it is, so that it can be taken over and closed properly. */
  async abandon(): Promise<void> {
    this.end();
    await this.connection.close(false);
  }

  private lose(error: DeviceError): void {
    if (this.ended) return;
    this.end();
    this.onLost?.(error);
  }

  private end(): void {
    this.ended = true;
    this.keepAlive.stop();
  }
}

/**
 * What connecting takes on this side. The first time that is loading the library and making a key, which on a busy machine
 * takes seconds in which no server could answer: no deadline for one may run meanwhile.
 * @throws DeviceError CONFIG
 */
export async function prepareConnecting(
  options: SessionOptions,
  log: Logger,
): Promise<{ readonly library: OpcUaLibrary; readonly pki: OpcUaPki; readonly own: OwnCertificate }> {
  assertSecurity(options);
  const library = await loadOpcUa();
  const pki = await OpcUaPki.open(options.pkiDirectory, log);
  return { library, pki, own: await pki.ownCertificate(options.applicationName) };
}

/** node-opcua's client with what is needed to end it. */
class Connection {
  session: ClientSession | undefined;
  private channel: ClientSecureChannelLayer | undefined;
  private closing: Promise<void> | undefined;

  private readonly refusal: Refusal;

  private constructor(
    readonly library: OpcUaLibrary,
    readonly client: OPCUAClient,
    private readonly url: string,
    private readonly orphans: Orphans,
  ) {
    this.refusal = new Refusal(library);
    client.on('secure_channel_created', (channel) => {
      this.channel = channel;
      this.refusal.watch(channel);
    });
  }

  static async create({ options, signal, orphans, log }: LinkContext): Promise<Connection> {
    const { library, pki, own } = await prepareConnecting(options, log);
    const { url, securityPolicy, securityMode, serverCertificate } = await settleEndpoint(options, pki, signal);
    prepareFor(url);
    const client = library.OPCUAClient.create({
      ...own,
      applicationName: options.applicationName,
      clientName: options.applicationName,
      clientCertificateManager: pki.manager,
      securityMode: library.MessageSecurityMode[securityMode],
      securityPolicy: policyToUri(securityPolicy),
      ...(serverCertificate && { serverCertificate }),
      // The URL a server gives itself often has a host name that is unknown here.
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 0 },
      keepPendingSessionsOnDisconnect: true,
      requestedSessionTimeout: SESSION_TIMEOUT_MS,
      transportTimeout: options.timeoutMs,
      defaultTransactionTimeout: options.timeoutMs,
    });
    return new Connection(library, client, url, orphans);
  }

  /** @throws DeviceError with what the server gave as its reason, if it did */
  async open(): Promise<void> {
    try {
      await this.client.connect(this.url);
    } catch (error) {
      throw this.refusal.explain(error, `cannot connect to ${this.url}`);
    }
  }

  get isOpen(): boolean {
    return this.channel?.isOpened() === true;
  }

  close(withSession: boolean): Promise<void> {
    this.closing ??= this.shutDown(withSession);
    return this.closing;
  }

  private async shutDown(withSession: boolean): Promise<void> {
    const { session, client } = this;
    // A session that was closed on this side only cannot be taken over any more: either, or.
    if (session && this.isOpen && withSession) await settlesWithin(CLOSE_STEP_MS, session.close(true));
    else if (session) this.orphans.add(session);
    const gone = await settlesWithin(CLOSE_STEP_MS, client.disconnect());
    if (!gone) this.channel?.abortConnection(() => this.channel?.dispose());
    client.removeAllListeners();
    session?.removeAllListeners();
  }
}

async function openSession(
  connection: Connection,
  context: LinkContext,
): Promise<{ session: ClientSession; info: ServerInfo }> {
  const who = toUserIdentity(connection.library, context.options.identity);
  await connect(connection, context);
  const session = await connection.client.createSession(who).catch(async (error: unknown) => {
    throw (await noFittingToken(connection, error)) ?? error;
  });
  connection.session = session;
  return { session, info: await readServerInfo(session) };
}

async function connect(connection: Connection, { orphans }: LinkContext): Promise<void> {
  await connection.open();
  for (const orphan of orphans.list()) await closeOrphan(connection, orphan, orphans);
}

/** Takes the old session over for a moment, so that it can be closed: a server with few sessions may have no other left. */
async function closeOrphan(connection: Connection, orphan: ClientSession, orphans: Orphans): Promise<void> {
  try {
    await connection.client.reactivateSession(orphan);
    // From here on it is closed on this side, and cannot be taken over once more.
    orphans.remove(orphan);
    await orphan.close(true);
  } catch {
    // Forgotten by the server; or, where the connection has broken meanwhile, something for the next one.
    if (connection.isOpen) orphans.remove(orphan);
  }
}
