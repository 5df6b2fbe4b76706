import { FieldReader } from '../../../base/fields/fields';
import type { Checked } from '../../../base/fields/problems';
import { isReadable } from '../../../device/property';
import type { DeviceConfig } from '../../../device/kind';
import { readCommonConfig, readProperties } from '../../../device/config/property-config';
import { readTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { MODBUS_MIGRATIONS } from './migrations';
import { parseModbusProperty, type ModbusProperty } from './property';

/** A Modbus device after its flow properties were checked. */
export interface ModbusConfig extends DeviceConfig<ModbusProperty> {
  readonly endpoint: TcpEndpoint;
  /** Unit id 0-255. 0 is the device itself; behind a gateway it is broadcast, which nobody answers (`isBroadcast`). */
  readonly workerID: number;
  /** For one answer; at most `timeoutMs`. */
  readonly responseTimeoutMs: number;
  /** From the connection to the first request on it, for devices that do not hear at once; less than `timeoutMs`. */
  readonly connectDelayMs: number;
  /** Unused registers that may be read along to save a request, 0-124; in the bit tables 16 times as many bits. */
  readonly maxGap: number;
  /** Requests in flight on the connection, 1-64. */
  readonly pipelining: number;
}

const BROADCAST_UNIT = 0;

/** Whether writes are sent without waiting for an answer: to unit 0, where nothing is to be read. */
export const isBroadcast = ({ workerID, properties }: ModbusConfig): boolean =>
  workerID === BROADCAST_UNIT && !properties.some(isReadable);

/** IANA's port of `mbap`. */
export const MODBUS_TCP_PORT = 502;

/** On TCP a request costs a round trip and a register almost nothing; a device that has holes teaches the planner. */
const DEFAULT_MAX_GAP = 32;
const MAX_GAP = 124;
const MAX_PIPELINING = 64;
/** Three answers may fail to come before the time for the whole operation is up. */
const ANSWERS_PER_TIMEOUT = 3;
const MAX_DEFAULT_RESPONSE_TIMEOUT_MS = 3000;

/** Beside `tcp` they are not used, as in Octopus. */
const OTHER_LINKS = ['rtu', 'udp'] as const;

const FRAMINGS = ['mbap', 'rtu', 'tls'] as const;

/**
 * Checks the flow properties of a `modbus-device`. Besides `endpoint`, `workerID` and `framing`, `protocol.tcp` may have
 * `maxGap` (32), `pipelining` (1), `responseTimeout` (a third of `parameters.timeout`, at most 3 s) and `connectDelay` (0 s). Older names are accepted
 * (MODBUS_MIGRATIONS). Pure: also runs in the editor.
 */
export function parseModbusConfig(raw: Readonly<Record<string, unknown>>): Checked<ModbusConfig> {
  const reader = new FieldReader(raw);
  const common = readCommonConfig(reader, MODBUS_MIGRATIONS);
  const protocol = reader.object('protocol');
  const tcp = protocol.object('tcp');
  protocol.knows(...OTHER_LINKS);
  if (protocol.given('tcp') === undefined) refuseOtherLinks(protocol);
  else checkFraming(tcp);

  const workerID = tcp.integer('workerID', 1, 0, 255);
  const defaultMs = Math.min(Math.floor(common.timeoutMs / ANSWERS_PER_TIMEOUT), MAX_DEFAULT_RESPONSE_TIMEOUT_MS);
  const responseTimeoutMs =
    tcp.given('responseTimeout') === undefined ? defaultMs : tcp.duration('responseTimeout', '3s', 1);
  if (responseTimeoutMs > common.timeoutMs) tcp.fail('responseTimeout', 'must not be longer than parameters.timeout');

  const connectDelayMs = tcp.duration('connectDelay', '0s');
  if (connectDelayMs >= common.timeoutMs) tcp.fail('connectDelay', 'must be shorter than parameters.timeout');

  const properties = reader.take(readProperties(reader.given('properties'), parseModbusProperty), []);
  return reader.check({
    ...common,
    properties,
    endpoint: readEndpoint(tcp, protocol.given('tcp') !== undefined),
    workerID,
    responseTimeoutMs,
    connectDelayMs,
    maxGap: tcp.integer('maxGap', DEFAULT_MAX_GAP, 0, MAX_GAP),
    pipelining: tcp.integer('pipelining', 1, 1, MAX_PIPELINING),
  });
}

function refuseOtherLinks(protocol: FieldReader): void {
  const other = OTHER_LINKS.find((name) => protocol.given(name) !== undefined);
  if (other === undefined) protocol.fail('tcp', 'is required: { "endpoint": "host:port", "workerID": 1 }');
  else protocol.fail(other, 'is not available yet: only protocol.tcp with framing mbap is');
}

function checkFraming(tcp: FieldReader): void {
  const framing = tcp.oneOf('framing', FRAMINGS, 'mbap');
  if (framing !== 'mbap') tcp.fail('framing', `${framing} is not available yet: only mbap is`);
}

function readEndpoint(tcp: FieldReader, isGiven: boolean): TcpEndpoint {
  if (!isGiven) return { host: 'localhost', port: MODBUS_TCP_PORT };
  return readTcpEndpoint(tcp, 'endpoint', { usual: MODBUS_TCP_PORT });
}
