import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { payloadDocument, statusDocument } from '../../../../src/device/documents/status-document.ts';
import { Device } from '../../../../src/device/engine/device.ts';
import type { ModbusProperty } from '../../../../src/drivers/modbus/config/property.ts';
import { configOf, driverFor, property, realPorts } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';

const identity = { uid: '00000000-0000-4000-8000-000000000001', name: 'x', namespace: 'n', protocol: 'modbus' };

/** SunSpec inverters and many meters answer NaN for what they do not measure. */
describe('a float that is not a number', () => {
  let server: ModbusServer;
  let device: Device<ModbusProperty>;

  beforeEach(async () => {
    server = await new ModbusServer().start();
  });
  afterEach(async () => {
    await device.close();
    await server.stop();
  });

  it.each([
    ['float', [0x7fc0, 0]],
    ['double', [0x7ff8, 0, 0, 0]],
  ])('(%s) is null in JSON, with quality bad, also where there was a value before', async (type, words) => {
    const target = property('power', 0, { type, operationType: 'Multiply', operationValue: 2 });
    const config = configOf(server.endpoint, [target], {}, { timeout: '2s', syncInterval: '1h' });
    device = new Device({ identity, config, driver: driverFor(config), ports: realPorts });
    server.registers.set(words, 0);
    for (let round = 0; round < 2; round++) {
      if (round === 0) await device.connect();
      else {
        server.registers.fill(0, 0, 4);
        expect((await device.read(['power']))[0]).toMatchObject({ quality: 'good', value: 0 });
        server.registers.set(words, 0);
        await device.read(['power']);
      }
      const snapshot = device.snapshot();
      expect(JSON.stringify(payloadDocument(snapshot, 'values'))).toBe('{"power":null}');
      expect(statusDocument(snapshot)).toMatchObject({
        properties: [
          {
            value: null,
            quality: 'bad',
            error: { code: 'BAD_VALUE', message: 'power: the device says that it has no value (NaN)' },
          },
        ],
      });
    }
  });
});
