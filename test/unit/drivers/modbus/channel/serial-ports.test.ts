import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listSerialPorts } from '../../../../../src/drivers/modbus/channel/serial-ports.ts';

describe('the serial ports of a machine', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'devicelink-by-id-'));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(directory, { recursive: true });
  });

  const port = (path: string, manufacturer?: string) => ({
    ...{ path, manufacturer, serialNumber: undefined, pnpId: undefined },
    ...{ locationId: undefined, productId: undefined, vendorId: undefined },
  });

  it('have the names that stay the same, where they have any, and those come first', async () => {
    vi.spyOn(SerialPort, 'list').mockResolvedValue([port('/dev/null'), port('/dev/zero', 'FTDI')]);
    await symlink('/dev/zero', join(directory, 'usb-FTDI_1234'));
    await symlink('/dev/gone', join(directory, 'usb-gone'));
    expect(await listSerialPorts(directory)).toEqual([
      { path: '/dev/zero', name: join(directory, 'usb-FTDI_1234'), maker: 'FTDI' },
      { path: '/dev/null' },
    ]);
    expect(await listSerialPorts(join(directory, 'none'))).toHaveLength(2);
  });
});
