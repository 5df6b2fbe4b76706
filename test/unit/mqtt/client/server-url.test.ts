import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseServerUrl } from '../../../../src/mqtt/client/server-url';

const messageOf = (text: string): string => {
  const result = parseServerUrl(text);
  if (result.ok) throw new Error(`accepted: ${text}`);
  return result.message;
};

describe('parseServerUrl', () => {
  it.each([
    ['tcp://127.0.0.1:1883', { transport: 'tcp', host: '127.0.0.1', port: 1883 }],
    ['mqtt://broker', { transport: 'tcp', host: 'broker', port: 1883 }],
    ['tcp://broker.example./', { transport: 'tcp', host: 'broker.example.', port: 1883 }],
    ['ssl://broker:8884', { transport: 'tls', host: 'broker', port: 8884 }],
    ['tls://broker', { transport: 'tls', host: 'broker', port: 8883 }],
    ['tcps://broker', { transport: 'tls', host: 'broker', port: 8883 }],
    ['mqtts://mosquitto_1', { transport: 'tls', host: 'mosquitto_1', port: 8883 }],
    ['ws://broker', { transport: 'ws', host: 'broker', port: 80, path: '/' }],
    ['wss://broker:9443/mqtt?tenant=a', { transport: 'wss', host: 'broker', port: 9443, path: '/mqtt?tenant=a' }],
    ['TCP://[::1]:1883', { transport: 'tcp', host: '::1', port: 1883 }],
    ['tcp://[fe80::1%eth0]', { transport: 'tcp', host: 'fe80::1%eth0', port: 1883 }],
    ['unix:///run/mosquitto.sock', { transport: 'unix', host: '', path: '/run/mosquitto.sock' }],
  ])('takes %s apart', (text, expected) => {
    expect(parseServerUrl(text)).toEqual({ ok: true, value: { ...expected, text } });
  });

  it.each([
    ['', /is required/],
    ['127.0.0.1:1883', /needs a scheme/],
    ['broker', /needs a scheme/],
    ['://broker', /needs a scheme/],
    ['http://broker', /unknown scheme, got "http"/],
    ['tcptcp://broker', /unknown scheme/],
    ['constructor://broker', /unknown scheme/],
    ['tcp://', /no host/],
    ['tcp://:1883', /no host/],
    ['tcp://broker:0', /port from 1 to 65535/],
    ['tcp://broker:65536', /port/],
    ['tcp://broker:', /port/],
    ['tcp://broker:18x3', /port/],
    ['tcp://::1:1883', /brackets/],
    ['tcp://[::1', /brackets/],
    ['tcp://[]:1883', /neither a name nor an IP address/],
    ['tcp://[:::1]:1883', /neither/],
    ['tcp://300.1.1.1', /neither/],
    ['tcp://-broker', /neither/],
    ['tcp://bro ker', /spaces/],
    ['tcp://broker/path', /only ws:\/\/ and wss:\/\//],
    ['ws://broker/#top', /fragment/],
    ['unix://run/mosquitto.sock', /absolute path/],
    ['unix://', /absolute path/],
    [`unix:///${'x'.repeat(107)}`, /more than 107 bytes/],
  ])('refuses %j', (text, message) => {
    expect(messageOf(text)).toMatch(message);
  });

  it.each([
    'tcp://joe:hunter2@broker:1883',
    'tcp://joe:hunter2@',
    'joe:hunter2@broker',
    'foo://joe:hunter2@broker',
    'tcp://joe:hunt/hunter2@broker',
    'ws://joe:hunter2#@broker',
    'tcp://joe:hunter2 @broker',
  ])('refuses credentials without repeating them: %s', (text) => {
    expect(messageOf(text)).not.toContain('hunter2');
  });

  it('accepts every port of every scheme and keeps host and port', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('tcp', 'ssl', 'tls', 'tcps', 'ws', 'wss', 'mqtt', 'mqtts'),
        fc.oneof(fc.domain(), fc.ipV4()),
        fc.integer({ min: 1, max: 65535 }),
        (scheme, host, port) => {
          expect(parseServerUrl(`${scheme}://${host}:${port}`)).toMatchObject({ ok: true, value: { host, port } });
        },
      ),
    );
  });

  it('accepts every IPv6 address in brackets', () => {
    fc.assert(
      fc.property(fc.ipV6(), (host) => {
        expect(parseServerUrl(`tcp://[${host}]:1883`)).toMatchObject({ ok: true, value: { host } });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => typeof parseServerUrl(`tcp://${text}`).ok === 'boolean'),
    );
  });
});
