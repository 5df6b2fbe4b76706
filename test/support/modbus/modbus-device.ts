import { systemClock, type Ports } from '../../../src/base/ports.ts';
import { modbusKind } from '../../../src/drivers/modbus/index.ts';
import type { ModbusConfig } from '../../../src/drivers/modbus/config/config.ts';
import { ModbusDriver } from '../../../src/drivers/modbus/driver.ts';
import type { ModbusProperty } from '../../../src/drivers/modbus/config/property.ts';
import { parseModbusProperty } from '../../../src/drivers/modbus/config/property.ts';
import { describeProblems } from '../../../src/base/fields/fields.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export const realPorts: Ports = { clock: systemClock, log: silent, random: Math.random };

export const never = (): AbortSignal => new AbortController().signal;

/** A property of a holding register, `uint16` at `offset`, unless said otherwise. */
export function property(name: string, offset: number, more: Record<string, unknown> = {}): ModbusProperty {
  const { register = 'HoldingRegister', quantity, endianness, bit, type = 'uint16', ...common } = more;
  const raw = { name, type, ...common, visitor: { register, offset, quantity, endianness, bit } };
  const parsed = parseModbusProperty(raw, name);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.value;
}

/** A checked configuration with short timeouts; `tcp` are fields of `protocol.tcp`. */
export function configOf(
  endpoint: string,
  properties: readonly ModbusProperty[],
  tcp: Record<string, unknown> = {},
  parameters: Record<string, unknown> = { timeout: '600ms' },
): ModbusConfig {
  const parsed = modbusKind.parse({ parameters, protocol: { tcp: { endpoint, ...tcp } }, properties }, {});
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.value;
}

export const driverFor = (config: ModbusConfig, ports: Ports = realPorts): ModbusDriver =>
  new ModbusDriver(config, ports);
