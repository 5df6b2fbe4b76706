import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTcpEndpoint, parseTcpEndpoint, type PortRule } from '../../../src/net/endpoint';

const MODBUS: PortRule = { usual: 502 };

describe('parseTcpEndpoint', () => {
  it.each([
    ['127.0.0.1:5020', '127.0.0.1', 5020],
    ['PLC-7.plant.local', 'plc-7.plant.local', 502],
    ['[::1]:1502', '::1', 1502],
    ['[FE80::1%eth0]', 'fe80::1%eth0', 502],
    [' tcp://gateway:65535 ', 'gateway', 65_535],
  ])('reads %s', (text, host, port) => {
    expect(parseTcpEndpoint(text, MODBUS)).toEqual({ ok: true, value: { host, port } });
  });

  it.each([
    ['', /host:port/],
    ['host:0', /port from 1 to 65535/],
    ['host:65536', /port from 1 to 65535/],
    ['host:', /port from 1 to 65535/],
    ['host:abc', /port from 1 to 65535/],
    ['host:5.5', /port from 1 to 65535/],
    ['::1', /brackets/],
    ['fe80::1:502', /brackets/],
    ['[127.0.0.1]:502', /host:port/],
    ['[]:502', /host:port/],
    [':502', /host:port/],
    ['udp://host:502', /without a scheme/],
    ['two words:502', /host:port/],
  ])('refuses %j', (text, message) => {
    const result = parseTcpEndpoint(text, MODBUS);
    expect(result.ok ? '' : result.message).toMatch(message);
  });

  it('gives one key for all spellings of an address', () => {
    const keys = ['[::1]', '[::1]:502', 'tcp://[::1]:502'].map((text) => {
      const result = parseTcpEndpoint(text, MODBUS);
      return result.ok ? formatTcpEndpoint(result.value) : result.message;
    });
    expect(new Set(keys)).toEqual(new Set(['[::1]:502']));
  });

  it.each(['host', '[::1]'])(
    'refuses %s where the port must be written down, with an example of the protocol',
    (text) => {
      const result = parseTcpEndpoint(text, { usual: 5025, required: true });
      expect(result).toMatchObject({ ok: false, message: expect.stringMatching(/host:port, such as "[\d.]+:5025"/) });
      expect(parseTcpEndpoint(`${text}:7`, { usual: 5025, required: true })).toMatchObject({ ok: true });
    },
  );

  it('reads back what formatTcpEndpoint writes', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((address) => address.includes(':')),
      fc.domain().map((name) => name.toLowerCase()),
    );
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const endpoint = { host: name.toLowerCase(), port };
        expect(parseTcpEndpoint(formatTcpEndpoint(endpoint), MODBUS)).toEqual({ ok: true, value: endpoint });
      }),
    );
  });

  it('settles any text with an endpoint or a message, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('[', ']', ':', '%', '.', 'a', '1', ' ', '/') })),
        (text) => {
          const result = parseTcpEndpoint(text, MODBUS);
          if (result.ok) expect(parseTcpEndpoint(formatTcpEndpoint(result.value), MODBUS)).toEqual(result);
          else expect(result.message).toMatch(/^must /);
        },
      ),
    );
  });
});
