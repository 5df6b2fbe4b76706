import { FieldReader } from '../../device/fields';
import type { Problem } from '../../device/kind';
import { parseTcpEndpoint } from '../../drivers/modbus/endpoint';
import { parseModbusProperty } from '../../drivers/modbus/property';
import { checkDevice } from './device';

/** What is wrong with a modbus-device. */
export function checkModbusDevice(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const reader = new FieldReader(raw);
  const tcp = reader.object('protocol').object('tcp');
  const endpoint = parseTcpEndpoint(tcp.string('endpoint'));
  if (!endpoint.ok) tcp.fail('endpoint', endpoint.message);
  const workerId = tcp.integer('workerID', 1, 0, 255);
  tcp.oneOf('framing', ['mbap'], 'mbap');
  checkDevice(reader, raw['properties'], (item, field) =>
    parseModbusProperty(item, field, { broadcast: workerId === 0 }),
  );
  return reader.problems;
}
