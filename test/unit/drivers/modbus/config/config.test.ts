import { describe, expect, it } from 'vitest';
import { modbusKind } from '../../../../../src/drivers/modbus/index.ts';

const row = { name: 'x', type: 'uint16', visitor: { register: 'HoldingRegister', offset: 0 } };

const parse = (protocol: unknown, more: Record<string, unknown> = {}) => modbusKind.parse({ protocol, ...more }, {});

const problemOf = (protocol: unknown, more: Record<string, unknown> = {}): string[] => {
  const parsed = parse(protocol, more);
  return parsed.ok ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);
};

describe('the Modbus configuration', () => {
  it('has defaults for all but the endpoint', () => {
    expect(parse({ tcp: { endpoint: 'plc' } })).toEqual({
      ok: true,
      value: {
        link: { kind: 'tcp', endpoint: { host: 'plc', port: 502 }, framing: 'mbap' },
        workerID: 1,
        syncIntervalMs: 15_000,
        timeoutMs: 10_000,
        responseTimeoutMs: 3000,
        connectDelayMs: 0,
        requestPauseMs: 0,
        idleCloseMs: 0,
        maxGap: 32,
        maxRegisters: 125,
        maxBits: 2000,
        pipelining: 'auto',
        lenient: false,
        busyRetries: undefined,
        properties: [],
      },
    });
  });

  it('has defaults of its own for a serial line, where all wait for a unit that does not answer', () => {
    expect(parse({ rtu: { endpoint: '/dev/ttyUSB0' } })).toMatchObject({
      ok: true,
      value: {
        link: {
          kind: 'serial',
          path: '/dev/ttyUSB0',
          baudRate: 19_200,
          dataBits: 8,
          parity: 'E',
          stopBits: 1,
          framing: 'rtu',
          echo: false,
          turnaroundMs: 100,
        },
        responseTimeoutMs: 1000,
        maxGap: 10,
        pipelining: 1,
      },
    });
    expect(parse({ rtu: { endpoint: 'COM3', framing: 'ascii' } })).toMatchObject({
      value: { link: { framing: 'ascii', dataBits: 7 } },
    });
  });

  it('takes the names of Octopus for a serial line', () => {
    const rtu = { serialPort: '/dev/ttyS001', slaveID: 3, baudRate: '9600', parity: 'N', stopBits: 2, dataBits: '8' };
    expect(parse({ rtu })).toMatchObject({
      ok: true,
      value: { workerID: 3, link: { path: '/dev/ttyS001', baudRate: 9600, parity: 'N', stopBits: 2, dataBits: 8 } },
    });
  });

  it('goes by TLS to port 802, with certificates', () => {
    expect(parse({ tcp: { endpoint: 'plc', framing: 'tls', serverName: 'plc-1' } })).toMatchObject({
      ok: true,
      value: {
        link: {
          kind: 'tls',
          endpoint: { host: 'plc', port: 802 },
          tls: { serverName: 'plc-1', insecureSkipVerify: false },
        },
      },
    });
    const credentials = { certFilePEM: 'x', keyFilePEM: '-----BEGIN ENCRYPTED PRIVATE KEY-----' };
    const parsed = modbusKind.parse({ protocol: { tcp: { endpoint: 'plc', framing: 'tls' } } }, credentials);
    expect(parsed).toMatchObject({ ok: false, problems: [{ field: 'credentials.keyFilePEM' }] });
  });

  it('speaks UDP, and RTU and ASCII over TCP', () => {
    expect(parse({ udp: { endpoint: 'plc' } })).toMatchObject({
      value: { link: { kind: 'udp', endpoint: { host: 'plc', port: 502 } }, pipelining: 'auto' },
    });
    expect(parse({ tcp: { endpoint: 'plc:4001', framing: 'ascii' } })).toMatchObject({
      value: { link: { kind: 'tcp', endpoint: { port: 4001 }, framing: 'ascii' } },
    });
  });

  it('goes by the transport that is named, where several are given', () => {
    const both = { tcp: { endpoint: 'plc' }, rtu: { endpoint: '/dev/ttyUSB0' } };
    expect(parse({ ...both, transport: 'rtu' })).toMatchObject({ value: { link: { kind: 'serial' } } });
    expect(problemOf({ ...both, transport: 'udp' })).toEqual([expect.stringMatching(/^protocol.udp: is required/)]);
    expect(problemOf({ ...both, transport: 'ble' })).toContainEqual(expect.stringMatching(/^protocol.transport: must/));
  });

  it('takes text for numbers and the older names', () => {
    const parsed = parse(
      { tcp: { ip: 'PLC', port: '1502', slaveID: '7', maxGap: '0', pipelining: '4', framing: 'mbap' } },
      { parameters: { syncInterval: '250ms', timeout: '1.5s' }, properties: [row] },
    );
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        link: { endpoint: { host: 'plc', port: 1502 } },
        workerID: 7,
        maxGap: 0,
        pipelining: 4,
        syncIntervalMs: 250,
        responseTimeoutMs: 500,
        properties: [{ name: 'x' }],
      },
    });
  });

  it('prefers TCP where a serial line is given too, as Octopus does', () => {
    expect(parse({ tcp: { endpoint: 'plc' }, rtu: { endpoint: '/dev/ttyUSB0' } }).ok).toBe(true);
  });

  it.each<[unknown, RegExp]>([
    [undefined, /^protocol.tcp: is required/],
    [{ rtu: {} }, /^protocol.rtu.endpoint: is required: a serial port/],
    [{ rtu: { endpoint: 'COM1', baudRate: 0 } }, /^protocol.rtu.baudRate: must be a whole number from 1/],
    [{ rtu: { endpoint: 'COM1', dataBits: 9 } }, /^protocol.rtu.dataBits: must be one of 5, 6, 7, 8, got 9/],
    [{ rtu: { endpoint: 'COM1', stopBits: 1.5 } }, /^protocol.rtu.stopBits: must be one of 1, 2, got 1.5/],
    [{ rtu: { endpoint: 'COM1', parity: 'M' } }, /^protocol.rtu.parity: must be one of N, E, O/],
    [{ rtu: { endpoint: 'COM1', framing: 'mbap' } }, /^protocol.rtu.framing: must be one of rtu, ascii/],
    [{ tcp: { endpoint: 'plc', maxRegisters: 126 } }, /^protocol.tcp.maxRegisters: /],
    [{ tcp: { endpoint: 'plc', maxBits: 0 } }, /^protocol.tcp.maxBits: /],
    [{ tcp: { endpoint: 'plc', requestPause: '10s' } }, /^protocol.tcp.requestPause: must be shorter/],
    [{ tcp: { endpoint: 'plc', busyRetries: -1 } }, /^protocol.tcp.busyRetries: /],
    [{ tcp: { endpoint: 'plc', pipelining: 'many' } }, /^protocol.tcp.pipelining: must be a whole number from 1 to 64/],
    [{ tcp: { endpoint: 'plc', framing: 'x' } }, /^protocol.tcp.framing: must be one of/],
    [{ tcp: {} }, /^protocol.tcp.endpoint: is required/],
    [{ tcp: { endpoint: 'plc:0' } }, /^protocol.tcp.endpoint: must have a port from 1/],
    [{ tcp: { endpoint: 'plc', workerID: 256 } }, /^protocol.tcp.workerID: must be a whole number from 0 to 255/],
    [{ tcp: { endpoint: 'plc', slaveID: -1 } }, /^protocol.tcp.slaveID: must be/],
    [{ tcp: { endpoint: 'plc', maxGap: 125 } }, /^protocol.tcp.maxGap: /],
    [{ tcp: { endpoint: 'plc', pipelining: 0 } }, /^protocol.tcp.pipelining: /],
    [{ tcp: { endpoint: 'plc', responseTimeout: '11s' } }, /^protocol.tcp.responseTimeout: must not be longer/],
    [{ tcp: { endpoint: 'plc', connectDelay: '10s' } }, /^protocol.tcp.connectDelay: must be shorter/],
    [{ tcp: { endpoint: 'plc', responseTimeout: '0s' } }, /^protocol.tcp.responseTimeout: must be at least/],
  ])('refuses %j', (protocol, message) => {
    expect(problemOf(protocol)).toEqual([expect.stringMatching(message)]);
  });

  it('names bad durations and properties with their place', () => {
    const problems = problemOf(
      { tcp: { endpoint: 'plc' } },
      { parameters: { syncInterval: '30', timeout: 'abc' }, properties: [row, { ...row, type: 'float' }, row] },
    );
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^parameters.syncInterval: /),
        expect.stringMatching(/^parameters.timeout: /),
        expect.stringMatching(/^properties\[2\].name: .*properties\[0\]/),
      ]),
    );
  });

  it('takes unit 0 for a device like any other', () => {
    const written = parse({ tcp: { endpoint: 'plc', workerID: 0 } }, { properties: [row] });
    expect(written).toMatchObject({ ok: true, value: { properties: [{ accessMode: 'ReadWrite' }] } });
    expect(problemOf({ tcp: { endpoint: 'plc', workerID: 0 } }, { properties: [{ ...row, readOnly: true }] })).toEqual(
      [],
    );
  });

  it('checks ad-hoc properties alike', () => {
    const config = parse({ tcp: { endpoint: 'plc' } });
    if (!config.ok) throw new Error('must parse');
    expect(modbusKind.parseProperty({ name: 'y' }, 'properties[0]', config.value)).toMatchObject({ ok: false });
    expect(modbusKind.parseProperty(row, 'properties[0]', config.value)).toMatchObject({ ok: true });
  });
});
