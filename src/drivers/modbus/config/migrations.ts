import {
  type Change,
  inOrder,
  inside,
  isGiven,
  type Migration,
  own,
  renamed,
  withMember,
  withoutMember,
} from '../../../base/fields/migrations';
import { PROPERTY_NAMES, propertyNames, readOnlyToAccessMode } from '../../../device/config/migrations';

/** One row of the property table, or of `msg.properties`. */
export const MODBUS_PROPERTY_NAMES: Change = inOrder(PROPERTY_NAMES, readOnlyToAccessMode);

/** `ip` and `port` of Octopus' first generation are one endpoint now. */
const ipToEndpoint: Change = (raw, moved) => {
  const ip = own(raw, 'ip');
  const port = own(raw, 'port');
  const isText = typeof ip === 'string' && ip !== '';
  const isPort = typeof port === 'number' || typeof port === 'string';
  if (!isText || (isGiven(port) && !isPort) || isGiven(own(raw, 'endpoint'))) return raw;
  moved('endpoint', 'ip');
  const host = ip.includes(':') && !ip.startsWith('[') ? `[${ip}]` : ip;
  const endpoint = isPort && port !== '' ? `${host}:${port}` : host;
  return withMember(withoutMember(withoutMember(raw, 'ip'), 'port'), 'endpoint', endpoint);
};

const WORKER_ID = renamed({ slaveID: 'workerID', slaveId: 'workerID' });

/** What `modbus-device` was in earlier versions, and how other generations of the specification have it. */
export const MODBUS_MIGRATIONS: readonly Migration[] = [
  {
    to: 1,
    describe: 'protocol.tcp and protocol.rtu have workerID for slaveID, and endpoint for ip and port, or serialPort',
    spelling: true,
    migrate: inOrder(
      inside('protocol.tcp', inOrder(WORKER_ID, ipToEndpoint)),
      inside('protocol.rtu', inOrder(WORKER_ID, renamed({ serialPort: 'endpoint' }))),
    ),
  },
  propertyNames(MODBUS_PROPERTY_NAMES),
];
