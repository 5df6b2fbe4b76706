import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModbusProperty } from '../../../src/drivers/modbus/config/property.ts';
import type { ModbusDriver } from '../../../src/drivers/modbus/driver.ts';
import { rtuFraming } from '../../../src/drivers/modbus/framing/rtu.ts';
import { modbusKind } from '../../../src/drivers/modbus/index.ts';
import { describeProblems } from '../../../src/base/fields/fields.ts';
import { driverFor, never, property } from '../../support/modbus/modbus-device.ts';
import { LineServer } from '../../support/modbus/line-server.ts';
import { Pty, socatAvailable } from '../../support/modbus/pty-pair.ts';
import { PymodbusLine, pymodbusVersions } from '../../support/modbus/pymodbus-line.ts';
import { describeDriverContract } from '../../support/device/driver-contract.ts';

const canRun = socatAvailable();
const FORMAT = { baudRate: 19_200, parity: 'N', stopBits: 1, dataBits: 8 };

/** A driver for unit 1 on the line at `path`, with short time-outs. */
function serialDriver(path: string, properties: readonly ModbusProperty[], rtu = {}, parameters = {}): ModbusDriver {
  const protocol = { rtu: { endpoint: path, ...FORMAT, ...rtu } };
  const parsed = modbusKind.parse({ parameters: { timeout: '3s', ...parameters }, protocol, properties }, {});
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return driverFor(parsed.value);
}

const openPorts = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith('/dev/pts/') ? [path] : [];
    } catch {
      return [];
    }
  });

/** `mbpoll`: a client that somebody else wrote, asking the same line for holding registers of unit 1. */
function mbpoll(path: string, offset: number, count: number): number[] {
  const args = ['-m', 'rtu', '-a', '1', '-b', '19200', '-P', 'none', '-t', '4', '-0', '-1', '-o', '1'];
  const text = execFileSync('mbpoll', [...args, '-r', String(offset), '-c', String(count), path], { encoding: 'utf8' });
  return [...text.matchAll(/^\[\d+\]:\s+(\d+)/gm)].map(([, value]) => Number(value));
}

const hasMbpoll = (): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v mbpoll'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI === 'true') throw new Error('mbpoll is not installed (apt-get install mbpoll)');
    console.warn('Left out: mbpoll is not installed (apt-get install mbpoll)');
    return false;
  }
};

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

async function ptyOf(port?: number): Promise<Pty> {
  const pty = await new Pty(port).start();
  cleanUp.push(() => pty.remove());
  return pty;
}

const kept = (driver: ModbusDriver): ModbusDriver => {
  cleanUp.push(() => driver.close());
  return driver;
};

describe.runIf(canRun).each(canRun ? pymodbusVersions() : [])('a serial line to pymodbus %s', (version, python) => {
  it.each(['rtu', 'ascii'])('in %s is read and written', async (framing) => {
    const pty = await ptyOf();
    const server = await PymodbusLine.start(python, framing, pty.far);
    cleanUp.push(() => server.stop());
    const properties = [
      ...[0, 3, 90, 91, 400].map((at) => property(`h${at}`, at)),
      property('i7', 7, { register: 'InputRegister' }),
      property('c9', 9, { register: 'CoilRegister', type: 'boolean' }),
      property('d4', 4, { register: 'DiscreteInputRegister', type: 'boolean' }),
    ];
    const driver = kept(serialDriver(pty.near, properties, { framing }));
    await driver.connect(never());
    const readings = await driver.read(properties, never());
    expect(readings.map(({ value }) => value)).toEqual([0, 3, 90, 91, 400, 7, true, false]);

    const writes = [
      { property: property('one', 10), value: 4711 },
      { property: property('two', 20, { type: 'float' }), value: 23.5 },
      { property: property('coil', 30, { register: 'CoilRegister', type: 'boolean' }), value: true },
      { property: property('coils', 40, { register: 'CoilRegister', type: 'hexString', quantity: 10 }), value: 'cd01' },
      { property: property('bit', 50, { type: 'boolean', bit: 3 }), value: true },
    ];
    expect(await driver.write(writes, never())).toEqual(writes.map(({ property: { name } }) => ({ name })));
    expect(await server.get(1, 3, 10, 1)).toEqual([4711]);
    expect(await server.get(1, 3, 20, 2)).toEqual([0x41bc, 0]);
    expect(await server.get(1, 1, 30, 1)).toEqual([1]);
    expect(await server.get(1, 1, 40, 10)).toEqual([1, 0, 1, 1, 0, 0, 1, 1, 1, 0]);
    expect(await server.get(1, 3, 50, 1)).toEqual([50 | 8]);

    const away = kept(serialDriver(pty.near, properties, { framing, workerID: 9, responseTimeout: '200ms' }));
    // The newest answers for units that it does not have, with exception 4.
    if (version.startsWith('3.0')) await expect(away.connect(never())).rejects.toMatchObject({ code: 'TIMEOUT' });
    const other = await driver.read(properties, never());
    expect(other.every(({ quality }) => quality === 'good')).toBe(true);
  });

  it.runIf(hasMbpoll())('is read by mbpoll as we wrote it', async () => {
    const pty = await ptyOf();
    const server = await PymodbusLine.start(python, 'rtu', pty.far);
    cleanUp.push(() => server.stop());
    const driver = serialDriver(pty.near, []);
    await driver.connect(never());
    const write = { property: property('two', 20, { type: 'int32' }), value: -2 };
    expect(await driver.write([write], never())).toEqual([{ name: 'two' }]);
    await driver.close();
    expect(mbpoll(pty.near, 19, 4)).toEqual([19, 65_535, 65_534, 22]);
  });
});

describe.runIf(canRun)('a serial port', () => {
  it('that does not exist, is no port, or is in use is told in words, and disturbs nothing', async () => {
    const server = await new LineServer().start();
    cleanUp.push(() => server.stop());
    const pty = await ptyOf(server.port);
    const told = async (path: string, rtu = {}): Promise<string> => {
      const driver = serialDriver(path, [property('a', 0)], rtu);
      const reason = await driver.connect(never()).then(
        () => 'connected',
        (error: unknown) => `${(error as { code: string }).code}: ${(error as Error).message}`,
      );
      await driver.close();
      return reason;
    };
    expect(await told(`${pty.near}-none`)).toBe(`CONNECT_FAILED: cannot open ${pty.near}-none: there is no such port`);
    expect(await told('/dev/null')).toBe('CONNECT_FAILED: cannot open /dev/null: it is no serial port');
    const driver = kept(serialDriver(pty.near, [property('a', 0)]));
    await driver.connect(never());
    expect(await told(pty.near, { baudRate: 9600 })).toMatch(
      /^CONFIG: .* in use .* 19200 8N1 rtu, and not 9600 8N1 rtu$/,
    );
    const [reading] = await driver.read([property('a', 0)], never());
    expect(reading?.quality).toBe('good');
  });

  it('that is pulled is lost, and found again when it is back', async () => {
    const server = await new LineServer().start();
    cleanUp.push(() => server.stop());
    server.tables.registers[5] = 55;
    const pty = await ptyOf(server.port);
    const target = property('a', 5);
    const driver = kept(serialDriver(pty.near, [target]));
    await driver.connect(never());
    const lost: unknown[] = [];
    driver.events.on('lost', (error) => lost.push(error));
    await pty.stop();
    // Serialport itself does not always notice; the next request does.
    await driver.read([target], never()).catch(() => undefined);
    await expect.poll(() => lost).toEqual([expect.objectContaining({ code: 'LINK_LOST' })]);
    expect((lost[0] as Error).message).toBe(`${pty.near}: the port is gone`);
    await expect(driver.connect(never())).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    await pty.start();
    await driver.connect(never());
    expect((await driver.read([target], never()))[0]?.value).toBe(55);
  });

  it('that gives garbage is told as such: wrong speed or format', async () => {
    const server = await new LineServer().start();
    cleanUp.push(() => server.stop());
    server.distort = (answer) => [[0, Buffer.from(answer.map((byte) => (byte * 7 + 3) & 0xff))]];
    const pty = await ptyOf(server.port);
    const driver = kept(serialDriver(pty.near, [property('a', 5)], { responseTimeout: '200ms' }));
    await expect(driver.connect(never())).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('only bytes came that are no Modbus frame'),
      advice: expect.stringContaining('baud rate'),
    });
  });

  it('of an adapter that hears itself works with echo, and a read also without', async () => {
    const server = await new LineServer().start();
    cleanUp.push(() => server.stop());
    server.distort = (answer, { unit, pdu }) => [[0, Buffer.concat([echoOf(unit, pdu), answer])]];
    server.tables.registers[5] = 55;
    const pty = await ptyOf(server.port);
    const target = property('a', 5);
    for (const echo of [true, false]) {
      const driver = serialDriver(pty.near, [target], { echo });
      await driver.connect(never());
      expect((await driver.read([target], never()))[0]?.value).toBe(55);
      if (echo) expect(await driver.write([{ property: target, value: 55 }], never())).toEqual([{ name: 'a' }]);
      await driver.close();
    }
  });

  it('carries a broadcast without waiting for an answer, and then rests', async () => {
    const server = await new LineServer().start();
    cleanUp.push(() => server.stop());
    const pty = await ptyOf(server.port);
    const target = property('a', 5, { accessMode: 'WriteOnly' });
    const driver = kept(serialDriver(pty.near, [target], { workerID: 0, turnaround: '150ms' }));
    await driver.connect(never());
    const begin = performance.now();
    for (const value of [7, 8])
      expect(await driver.write([{ property: target, value }], never())).toEqual([{ name: 'a' }]);
    await expect.poll(() => server.tables.registers[5]).toBe(8);
    expect(performance.now() - begin).toBeGreaterThan(140);
  });

  it('is free again after each of 200 starts and stops', async () => {
    const server = await new LineServer().start();
    cleanUp.push(() => server.stop());
    const pty = await ptyOf(server.port);
    const target = property('a', 0);
    const before = openPorts();
    for (let cycle = 0; cycle < 200; cycle++) {
      const driver = serialDriver(pty.near, [target]);
      const connecting = driver.connect(never());
      // Every second one is stopped in the middle of it.
      if (cycle % 2 === 0) {
        await connecting;
        expect((await driver.read([target], never()))[0]?.quality).toBe('good');
      } else connecting.catch(() => undefined);
      await driver.close();
    }
    expect(openPorts()).toEqual(before);
  });
});

const echoOf = (unit: number, pdu: Buffer): Buffer =>
  Buffer.from(rtuFraming({ echo: false }).encode({ id: 0, unit, pdu }));

describe.runIf(canRun)('over a serial line', () => {
  describeDriverContract('modbus over a serial line', async () => {
    const server = await new LineServer().start();
    const pty = await new Pty(server.port).start();
    await expect.poll(() => server.connections).toBe(1);
    server.tables.registers.set([235, 0x41bc, 0x0000], 0);
    server.tables.coils[7] = 1;
    server.tables.missing.add(100);
    const readable = [
      property('temperature', 0, { type: 'int16' }),
      property('flow', 1, { type: 'float' }),
      property('alarm', 7, { type: 'boolean', register: 'CoilRegister' }),
    ];
    return {
      driver: serialDriver(pty.near, readable),
      readable,
      expected: [235, 23.5, true],
      bad: property('absent', 100),
      writes: [
        { property: property('setpoint', 20), value: 4711 },
        { property: property('valve', 8, { type: 'boolean', register: 'CoilRegister' }), value: true },
      ],
      badWrite: { property: property('absent', 100), value: 1 },
      unreachable: () => serialDriver(`${pty.near}-none`, readable),
      stopPeer: () => pty.stop(),
      startPeer: async () => {
        await pty.start();
      },
      silencePeer: () => {
        server.isSilent = true;
        return Promise.resolve();
      },
      resumePeer: () => {
        server.isSilent = false;
        for (const answer of server.held.splice(0)) answer();
        return Promise.resolve();
      },
      dispose: async () => {
        await pty.remove();
        await server.stop();
      },
    };
  });
});
