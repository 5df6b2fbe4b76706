import { DeviceError } from '../../../src/base/errors.ts';
import type { Ports } from '../../../src/base/ports.ts';
import type { DriverSurroundings } from '../../../src/device/kind.ts';

/** For a driver that needs no broker; `userDirectory` is one that a test made for it, if it writes there. */
export const surroundingsOf = (ports: Ports, userDirectory = '/nowhere'): DriverSurroundings => ({
  ...ports,
  userDirectory,
  openConnection: () => Promise.reject(new DeviceError('CONFIG', 'mqtt: there is none in this test')),
});
