import { FieldReader } from '../../../base/fields/fields';
import type { Checked } from '../../../base/fields/problems';
import { isReadable } from '../../../device/property';
import type { DeviceConfig } from '../../../device/kind';
import { readCommonConfig, readProperties } from '../../../device/config/property-config';
import { REGISTERS } from '../pdu/registers';
import { readLink, TRANSPORTS, transportOf, type ModbusLink } from './link';
import { MODBUS_MIGRATIONS } from './migrations';
import { parseModbusProperty, type ModbusProperty } from './property';

/** A Modbus device after its flow properties were checked. */
export interface ModbusConfig extends DeviceConfig<ModbusProperty> {
  readonly link: ModbusLink;
  /** Unit id 0-255. 0 is the device itself; behind a gateway or on a line it is broadcast, which nobody answers (`isBroadcast`). */
  readonly workerID: number;
  /** For one answer; at most `timeoutMs`. */
  readonly responseTimeoutMs: number;
  /** From the connection to the first request on it, for devices that do not hear at once; less than `timeoutMs`. */
  readonly connectDelayMs: number;
  /** From an answer to the next request on the connection. */
  readonly requestPauseMs: number;
  /** The connection is closed where nothing was asked for so long; 0: never. */
  readonly idleCloseMs: number;
  /** Unused registers that may be read along to save a request, 0-124; in the bit tables 16 times as many bits. */
  readonly maxGap: number;
  /** Registers and bits that one read may ask for, 1-125 and 1-2000. */
  readonly maxRegisters: number;
  readonly maxBits: number;
  /** Requests in flight on the connection, 1-64; `auto`: as many as the peer turns out to answer. */
  readonly pipelining: number | 'auto';
  /** An answer from another unit, or with an id that nobody gave, is taken while one request is in flight. */
  readonly lenient: boolean;
  /** How often a device that is busy is asked again; undefined: as often as the time allows. */
  readonly busyRetries: number | undefined;
}

const BROADCAST_UNIT = 0;

/** Whether writes are sent without waiting for an answer: to unit 0, where nothing is to be read. */
export const isBroadcast = ({ workerID, properties }: ModbusConfig): boolean =>
  workerID === BROADCAST_UNIT && !properties.some(isReadable);

/** On TCP a request costs a round trip and a register almost nothing; a device that has holes teaches the planner. */
const DEFAULT_MAX_GAP = 32;
/** On a line a request costs about as many characters as ten registers. */
const DEFAULT_LINE_GAP = 10;
const MAX_GAP = 124;
const MAX_PIPELINING = 64;
/** Three answers may fail to come before the time for the whole operation is up. */
const ANSWERS_PER_TIMEOUT = 3;
const MAX_DEFAULT_RESPONSE_TIMEOUT_MS = 3000;
/** On a line everybody waits for a unit that does not answer. */
const MAX_DEFAULT_LINE_TIMEOUT_MS = 1000;
const MAX_BUSY_RETRIES = 100;

/**
 * Checks the flow properties of a `modbus-device`. `protocol` has `tcp`, `rtu` (a serial line) or `udp`, and where there are several
 * `transport` says which counts. Each has besides where the device is and `workerID` the same options of how it is asked; credentials
 * are for TLS. Older names are accepted (MODBUS_MIGRATIONS). Pure: also runs in the editor.
 */
export function parseModbusConfig(
  raw: Readonly<Record<string, unknown>>,
  credentials: Readonly<Record<string, string>> = {},
): Checked<ModbusConfig> {
  const reader = new FieldReader(raw);
  const common = readCommonConfig(reader, MODBUS_MIGRATIONS);
  const protocol = reader.object('protocol');
  const transport = transportOf(protocol);
  if (transport === undefined) {
    const missing = protocol.oneOf('transport', TRANSPORTS, 'tcp');
    protocol.fail(
      missing,
      'is required: { "endpoint": "host:port", "workerID": 1 }, or for rtu { "endpoint": "/dev/ttyUSB0" }',
    );
  }
  const where = protocol.object(transport ?? 'tcp');
  const link = readLink(where, transport, credentials);
  const manner = readManner(where, link, common.timeoutMs);
  const properties = reader.take(readProperties(reader.given('properties'), parseModbusProperty), []);
  return reader.check({ ...common, properties, link, ...manner });
}

/** How the device is asked. */
function readManner(
  reader: FieldReader,
  link: ModbusLink,
  timeoutMs: number,
): Omit<ModbusConfig, 'link' | keyof DeviceConfig> {
  const isLine = link.kind === 'serial';
  const most = isLine ? MAX_DEFAULT_LINE_TIMEOUT_MS : MAX_DEFAULT_RESPONSE_TIMEOUT_MS;
  const defaultMs = Math.min(Math.floor(timeoutMs / ANSWERS_PER_TIMEOUT), most);
  const responseTimeoutMs =
    reader.given('responseTimeout') === undefined ? defaultMs : reader.duration('responseTimeout', '3s', 1);
  if (responseTimeoutMs > timeoutMs) reader.fail('responseTimeout', 'must not be longer than parameters.timeout');
  const connectDelayMs = reader.duration('connectDelay', '0s');
  if (connectDelayMs >= timeoutMs) reader.fail('connectDelay', 'must be shorter than parameters.timeout');
  const requestPauseMs = reader.duration('requestPause', '0s');
  if (requestPauseMs >= timeoutMs) reader.fail('requestPause', 'must be shorter than parameters.timeout');
  return {
    workerID: reader.integer('workerID', 1, 0, 255),
    responseTimeoutMs,
    connectDelayMs,
    requestPauseMs,
    idleCloseMs: reader.duration('idleClose', '0s'),
    maxGap: reader.integer('maxGap', isLine ? DEFAULT_LINE_GAP : DEFAULT_MAX_GAP, 0, MAX_GAP),
    maxRegisters: reader.integer(
      'maxRegisters',
      REGISTERS.HoldingRegister.maxRead,
      1,
      REGISTERS.HoldingRegister.maxRead,
    ),
    maxBits: reader.integer('maxBits', REGISTERS.CoilRegister.maxRead, 1, REGISTERS.CoilRegister.maxRead),
    pipelining: readPipelining(reader, link),
    lenient: reader.boolean('lenient', false),
    busyRetries:
      reader.given('busyRetries') === undefined ? undefined : reader.integer('busyRetries', 0, 0, MAX_BUSY_RETRIES),
  };
}

/** Where answers come in turn there is one request in flight, whatever is wished. */
function readPipelining(reader: FieldReader, link: ModbusLink): number | 'auto' {
  if (link.kind === 'serial') return 1;
  const isAuto = reader.given('pipelining') === 'auto' || reader.given('pipelining') === undefined;
  return isAuto ? 'auto' : reader.integer('pipelining', 1, 1, MAX_PIPELINING);
}
