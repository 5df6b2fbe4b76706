import type { EventEmitter } from 'node:events';
import type { Driver, DriverMessage } from '../../../src/device/driver.ts';
import { DeviceError } from '../../../src/base/errors.ts';
import type { DeviceKind } from '../../../src/device/kind.ts';
import type { Property } from '../../../src/device/property.ts';
import { FakeDriver } from './fake-driver.ts';

/**
 * A kind of device with actions of its own: `echo` answers the payload in an object, `refuse` is refused, `announce` makes
 * the driver tell the payload as a message of its own.
 */
export const actingKind: DeviceKind = {
  protocol: 'acting',
  actions: ['echo', 'refuse', 'announce'],
  parse: () => ({ ok: true, value: { properties: [], syncIntervalMs: 3_600_000, timeoutMs: 1000 } }),
  parseProperty: (raw) => ({ ok: true, value: raw as Property }),
  createDriver: (_config, ports): Driver => {
    const driver = new FakeDriver(ports.clock);
    const messages: EventEmitter<{ message: [DriverMessage] }> = driver.messages;
    driver.perform = (action, { payload }) => {
      if (action === 'refuse')
        return Promise.reject(new DeviceError('ACTING_NO', 'not today', { advice: 'try again' }));
      if (action === 'announce') messages.emit('message', { action: 'event', payload });
      return Promise.resolve({ heard: payload });
    };
    return driver;
  },
};
