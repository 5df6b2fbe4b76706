import { describe, expect, it } from 'vitest';
import { formatTcpEndpoint, parseTcpEndpoint } from '../../../../src/drivers/modbus/channel/endpoint';

describe('parseTcpEndpoint', () => {
  it.each([
    ['127.0.0.1:5020', '127.0.0.1', 5020],
    ['PLC-7.plant.local', 'plc-7.plant.local', 502],
    ['[::1]:1502', '::1', 1502],
    ['[FE80::1%eth0]', 'fe80::1%eth0', 502],
    [' tcp://gateway:65535 ', 'gateway', 65_535],
  ])('reads %s', (text, host, port) => {
    expect(parseTcpEndpoint(text)).toEqual({ ok: true, value: { host, port } });
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
    const result = parseTcpEndpoint(text);
    expect(result.ok ? '' : result.message).toMatch(message);
  });

  it('gives one key for all spellings of an address', () => {
    const keys = ['[::1]', '[::1]:502', 'tcp://[::1]:502'].map((text) => {
      const result = parseTcpEndpoint(text);
      return result.ok ? formatTcpEndpoint(result.value) : result.message;
    });
    expect(new Set(keys)).toEqual(new Set(['[::1]:502']));
  });
});
