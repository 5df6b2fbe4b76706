import type { DeviceKind } from '../../device/kind';
import { ACTIONS } from './actions';
import { parseOpcUaConfig, type OpcUaConfig } from './config/config';
import { OPCUA_MIGRATIONS } from './config/migrations';
import { OpcUaDriver } from './driver';
import { parseOpcUaProperty, type OpcUaProperty } from './config/property';

export interface OpcUaSurroundings {
  /** Where own, trusted and rejected certificates are kept: `<userDir>/devicelink/opcua/pki`. */
  readonly pkiDirectory: string;
}

/** The `opcua-device` node's kind of device. */
export function makeOpcUaKind({ pkiDirectory }: OpcUaSurroundings): DeviceKind<OpcUaProperty, OpcUaConfig> {
  return {
    protocol: 'opcua',
    migrations: OPCUA_MIGRATIONS,
    actions: ACTIONS,
    parse: parseOpcUaConfig,
    parseProperty: (raw, field) => parseOpcUaProperty(raw, field),
    createDriver: (config, ports) => new OpcUaDriver(config, pkiDirectory, ports),
  };
}
