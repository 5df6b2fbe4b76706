import { EventEmitter } from 'node:events';
import type { Driver, LinkFacts, Reading, Write, WriteResult } from '../../device/driver';
import { DeadlineError, timeLimit } from '../../base/deadline';
import { formatDuration } from '../../base/duration';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Lease } from '../../base/lease-pool';
import type { Ports } from '../../base/ports';
import { isReadable } from '../../device/property';
import { formatTcpEndpoint } from '../../net/endpoint';
import { perform } from './actions';
import { roleOf } from './channel/role';
import { BlockReader, requestFor } from './plan/block-reader';
import { isBroadcast, type ModbusConfig } from './config/config';
import { isException, ModbusException } from './pdu/exceptions';
import { planReads } from './plan/planner';
import type { ModbusProperty } from './config/property';
import { isReadRequest, type ModbusRequest } from './pdu/request';
import { pause } from './sharing/pause';
import type { Transport, TransportUser } from './sharing/transport';
import { lineSettings } from './sharing/route';
import { leaseTransport } from './sharing/transport-pool';
import { silenceAdvice } from './sharing/unit-health';
import { Writer, type WriteLink } from './plan/writer';

/** Of the time for a whole operation; the rest is for its own end, so that the reason told is the device's. */
const OPERATION_SHARE = 0.95;
const FIRST_BUSY_PAUSE_MS = 100;
const NO_ROLE =
  'the client certificate has no role (extension 1.3.6.1.4.1.50316.802.1): a device that grants by role refuses every request';
const MIN_PROBE_MS = 20;

/** One unit behind an endpoint or on a line, whose connection it shares with all other devices there. */
export class ModbusDriver implements Driver<ModbusProperty> {
  readonly events = new EventEmitter<{ lost: [DeviceError] }>();
  private readonly user: TransportUser;
  private readonly reader: BlockReader;
  private readonly writer = new Writer();
  private lease: Lease<Transport> | undefined;
  private readonly broadcasts: boolean;
  private readonly overdue: string;
  private isConnected = false;
  private readonly role: string | undefined;
  /** What was learned of the endpoint that its user should know. */
  private notes: readonly string[] = [];
  private told: { readonly depth: number; readonly notes: readonly string[]; readonly facts: LinkFacts } | undefined;
  private lostReason: DeviceError | undefined;
  /** Which of the properties is asked for first when the unit is probed. */
  private probed = 0;
  /** The first of the time-outs since the unit answered last: its being away is one error, whatever it is asked for. */
  private silence: DeviceError | undefined;

  constructor(
    private readonly config: ModbusConfig,
    private readonly ports: Ports,
    private readonly leaseOf = leaseTransport,
  ) {
    this.broadcasts = isBroadcast(config);
    this.overdue = `no answer to read within ${formatDuration(config.timeoutMs)}`;
    this.reader = new BlockReader(config);
    this.role = config.link.kind === 'tls' ? roleOf(config.link.tls.cert) : undefined;
    this.user = {
      unit: config.workerID,
      pipelining: config.pipelining,
      habits: {},
      connectTimeoutMs: config.timeoutMs,
      connectDelayMs: config.connectDelayMs,
      requestPauseMs: config.requestPauseMs,
      idleCloseMs: config.idleCloseMs,
      lenient: config.lenient,
      intervalMs: config.syncIntervalMs,
      settings: config.link.kind === 'serial' ? lineSettings(config.link) : '',
      onLearned: (text) => this.onLearned(text),
      onLost: (reason) => this.onLost(reason),
    };
  }

  /** Asked for at each sync, and another one seldom. */
  get link(): LinkFacts {
    const depth = this.lease?.value.depth ?? 1;
    const { notes } = this;
    if (this.told?.depth !== depth || this.told.notes !== notes) this.told = { depth, notes, facts: this.facts(depth) };
    return this.told.facts;
  }

  private facts(depth: number): LinkFacts {
    const { link } = this.config;
    return {
      transport: link.kind === 'serial' ? 'rtu' : link.kind,
      endpoint: link.kind === 'serial' ? link.path : formatTcpEndpoint(link.endpoint),
      ...(link.kind === 'serial' ? { line: lineSettings(link) } : { pipelining: depth }),
      ...(this.role === undefined ? {} : { role: this.role }),
      ...(this.notes.length === 0 ? {} : { notes: this.notes }),
    };
  }

  /** Resolves when the unit itself has answered something, be it an exception; a socket alone says little behind a gateway. */
  async connect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { timeoutMs, workerID } = this.config;
    const { clock } = this.ports;
    const lease = (this.lease ??= this.join());
    const transport = lease.value;
    const message = `cannot connect to ${transport.name}: no answer within ${formatDuration(timeoutMs)}`;
    const limit = timeLimit({ clock, ms: timeoutMs * OPERATION_SHARE, signal, message });
    const end = this.endOfOperation();
    try {
      await transport.connect(timeoutMs, limit.signal, this.user.settings);
      if (!this.broadcasts && !transport.isAnswering(workerID)) await this.probe(transport, limit.signal, end);
    } finally {
      limit.stop();
    }
    if (this.lease !== lease) throw new DeviceError(ErrorCode.CLOSED, 'the device was closed');
    this.isConnected = true;
    const { link } = this.config;
    if (link.kind === 'tls' && link.tls.cert !== undefined && this.role === undefined) this.onLearned(NO_ROLE);
  }

  async read(properties: readonly ModbusProperty[], signal: AbortSignal): Promise<Reading[]> {
    signal.throwIfAborted();
    const transport = this.connected();
    const { clock } = this.ports;
    const { responseTimeoutMs, workerID } = this.config;
    const answers = transport.answersOf(workerID);
    const end = this.endOfOperation();
    const limit = timeLimit({ clock, ms: end - clock.now(), signal, message: this.overdue });
    try {
      return await this.reader.read(
        properties,
        (request) => this.request(transport, request, limit.signal, end),
        () => clock.now(),
        {
          isTimeLeft: () => clock.now() + responseTimeoutMs <= end,
          isThere: async () =>
            transport.answersOf(workerID) > answers ||
            transport.isThere(this.user, Math.min(responseTimeoutMs, end - clock.now())),
        },
      );
    } finally {
      limit.stop();
    }
  }

  /** One after the other, so that a flow's order is the device's order. */
  async write(writes: readonly Write<ModbusProperty>[], signal: AbortSignal): Promise<WriteResult[]> {
    signal.throwIfAborted();
    const transport = this.connected();
    const end = this.endOfOperation();
    const link: WriteLink = {
      request: (request) => this.request(transport, request, signal, end),
      exclusively: (offset, task) => transport.exclusively(`${this.config.workerID}/${offset}`, task),
    };
    const results: WriteResult[] = [];
    for (const write of writes) {
      const { name } = write.property;
      try {
        await this.writer.write(write, link);
        results.push({ name });
      } catch (error) {
        if (signal.aborted || !this.isConnected) throw error;
        results.push({ name, error: toDeviceError(error, ErrorCode.BAD_RESPONSE) });
      }
    }
    return results;
  }

  async perform(action: string, message: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<object> {
    signal.throwIfAborted();
    const transport = this.connected();
    const { clock } = this.ports;
    const end = this.endOfOperation();
    try {
      return await perform(action, message, {
        read: (request) => this.request(transport, request, signal, end),
        pause: (ms) => pause(clock, ms, signal),
        isTimeLeft: () => clock.now() + this.config.responseTimeoutMs <= end,
      });
    } catch (error) {
      throw toDeviceError(error, ErrorCode.BAD_RESPONSE);
    }
  }

  async close(): Promise<void> {
    this.isConnected = false;
    const { lease } = this;
    this.lease = undefined;
    lease?.value.remove(this.user);
    await lease?.release();
  }

  private join(): Lease<Transport> {
    const lease = this.leaseOf(this.config.link, this.ports.clock);
    lease.value.add(this.user);
    return lease;
  }

  private connected(): Transport {
    if (this.lease !== undefined && this.isConnected) return this.lease.value;
    throw new DeviceError(ErrorCode.LINK_LOST, this.lostReason?.message ?? 'not connected');
  }

  /** As `requestOnce`, and again after growing pauses where the device is busy, as long as that fits before `end` (ms). */
  private async request(
    transport: Transport,
    request: ModbusRequest,
    signal: AbortSignal,
    end: number,
  ): Promise<Uint8Array> {
    const { busyRetries = Infinity } = this.config;
    for (let [pauseMs, turn] = [FIRST_BUSY_PAUSE_MS, 0]; ; pauseMs *= 2, turn++) {
      try {
        return await this.requestOnce(transport, request, signal);
      } catch (error) {
        if (!isException(error, ModbusException.ACKNOWLEDGE, ModbusException.SERVER_BUSY)) throw error;
        if (turn >= busyRetries) throw error;
        if (this.ports.clock.now() + pauseMs + this.config.responseTimeoutMs > end) throw error;
      }
      await pause(this.ports.clock, pauseMs, signal);
    }
  }

  private async requestOnce(transport: Transport, request: ModbusRequest, signal: AbortSignal): Promise<Uint8Array> {
    if (!this.broadcasts || isReadRequest(request)) {
      return transport.request(this.user, request, { timeoutMs: this.config.responseTimeoutMs, signal });
    }
    await transport.broadcast(this.user, request, signal);
    return new Uint8Array();
  }

  /** Until when a verb that begins now may send requests; ms. */
  private endOfOperation(): number {
    return this.ports.clock.now() + this.config.timeoutMs * OPERATION_SHARE;
  }

  /**
   * Asks for the first readable property, and where nothing comes for the last one, before the unit counts as away. A device
   * may not hear yet on a new connection (inverters, for their first 1 to 8 s): it is asked again on the same one, now for one
   * property and now for another, until `end` (ms), when `signal` is aborted with a DeadlineError. The next attempt goes on where this one ends, so
   * that a device which is silent for some registers is found in the end, and begins with what was answered.
   */
  private async probe(transport: Transport, signal: AbortSignal, end: number): Promise<void> {
    const { responseTimeoutMs, properties, workerID } = this.config;
    const readable = properties.filter(isReadable);
    const [first, last] = [readable[0], readable.at(-1)];
    if (first === undefined || last === undefined) return;
    const asked = [...new Set([first, last, ...readable])];
    const usual = first === last || transport.isSilent(workerID) ? 1 : 2;
    for (let turn = 0; turn < usual || transport.mayBeDeaf; turn++) {
      const leftMs = end - this.ports.clock.now();
      if (turn > 0 && leftMs < MIN_PROBE_MS) break;
      const [block] = planReads([asked[this.probed % asked.length] ?? first], this.config);
      if (block === undefined) return;
      const ask = async (): Promise<void> => {
        const patienceMs = turn < usual ? responseTimeoutMs : Math.min(responseTimeoutMs, leftMs);
        const options = { timeoutMs: patienceMs, signal, probe: true };
        await transport.request(this.user, requestFor(block), options).catch(acceptAnswer);
      };
      try {
        await ask();
        this.silence = undefined;
        await transport.learnHabit(ask);
        return;
      } catch (error) {
        if (error instanceof DeadlineError) break;
        if (!(error instanceof DeviceError) || error.code !== ErrorCode.TIMEOUT) throw error;
        this.silence ??= error;
        this.probed++;
      }
    }
    // Without an own reason the time was over before the unit's turn came: others on its line took it.
    const text = `unit ${workerID}: no answer within ${formatDuration(this.config.timeoutMs)}`;
    throw this.silence ?? new DeviceError(ErrorCode.TIMEOUT, text, { advice: silenceAdvice(workerID) });
  }

  private onLearned(text: string): void {
    if (this.notes.includes(text)) return;
    this.notes = [...this.notes, text];
    this.ports.log.warn(text);
  }

  private onLost(reason: DeviceError): void {
    if (!this.isConnected) return;
    this.isConnected = false;
    this.lostReason = reason;
    this.events.emit('lost', reason);
  }
}

/** An exception or a wrong answer comes from somebody; a gateway's word that the unit is away does not, and is thrown. */
function acceptAnswer(error: unknown): void {
  const isAnswer =
    error instanceof DeviceError &&
    (error.code === ErrorCode.BAD_RESPONSE || error.code.startsWith('MODBUS_EXCEPTION_')) &&
    !isException(error, ModbusException.GATEWAY_PATH_UNAVAILABLE, ModbusException.GATEWAY_TARGET_FAILED);
  if (!isAnswer) throw error;
}
