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
        endpoint: { host: 'plc', port: 502 },
        workerID: 1,
        syncIntervalMs: 15_000,
        timeoutMs: 10_000,
        responseTimeoutMs: 3000,
        connectDelayMs: 0,
        maxGap: 32,
        pipelining: 1,
        properties: [],
      },
    });
  });

  it('takes text for numbers and the older names', () => {
    const parsed = parse(
      { tcp: { ip: 'PLC', port: '1502', slaveID: '7', maxGap: '0', pipelining: '4', framing: 'mbap' } },
      { parameters: { syncInterval: '250ms', timeout: '1.5s' }, properties: [row] },
    );
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        endpoint: { host: 'plc', port: 1502 },
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
    [{ rtu: { endpoint: '/dev/ttyUSB0' } }, /^protocol.rtu: is not available yet/],
    [{ udp: { endpoint: 'plc' } }, /^protocol.udp: is not available yet/],
    [{ tcp: { endpoint: 'plc', framing: 'rtu' } }, /^protocol.tcp.framing: rtu is not available yet/],
    [{ tcp: { endpoint: 'plc', framing: 'tls' } }, /^protocol.tcp.framing: tls is not available yet/],
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
