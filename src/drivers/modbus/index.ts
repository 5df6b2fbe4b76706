import type { DeviceKind } from '../../device/kind';
import { ACTIONS } from './actions/names';
import { parseModbusConfig, type ModbusConfig } from './config/config';
import { MODBUS_MIGRATIONS } from './config/migrations';
import { ModbusDriver } from './driver';
import { parseModbusProperty, type ModbusProperty } from './config/property';

/** The `modbus-device` node's kind of device. */
export const modbusKind: DeviceKind<ModbusProperty, ModbusConfig> = {
  protocol: 'modbus',
  migrations: MODBUS_MIGRATIONS,
  actions: ACTIONS,
  parse: (raw, credentials) => parseModbusConfig(raw, credentials),
  parseProperty: (raw, field) => parseModbusProperty(raw, field),
  // Only TLS has credentials.
  destination: ({ link }) =>
    link.kind === 'tls'
      ? [link.endpoint.host, link.endpoint.port, link.tls.serverName ?? '', link.tls.insecureSkipVerify]
      : undefined,
  createDriver: (config, ports) => new ModbusDriver(config, ports),
};
