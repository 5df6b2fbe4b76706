import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEndpoint, parseEndpoint, type Endpoint } from '../../../../src/onem2m/binding/endpoint';

const parse = (text: string): Endpoint => {
  const result = parseEndpoint(text);
  if (!result.ok) throw new Error(`${text} ${result.message}`);
  return result.value;
};

const messageOf = (text: string): string => {
  const result = parseEndpoint(text);
  if (result.ok) throw new Error(`accepted: ${text}`);
  return result.message;
};

describe('parseEndpoint', () => {
  it.each([
    ['mqtt://127.0.0.1:1883#mn-cse-1', { scheme: 'mqtt', host: '127.0.0.1', port: 1883, cseID: '/mn-cse-1' }],
    ['mqtt://localhost#mn-cse-1', { scheme: 'mqtt', host: 'localhost', port: 1883, cseID: '/mn-cse-1' }],
    ['mqtt://localhost/#/mn-cse-1', { scheme: 'mqtt', host: 'localhost', port: 1883, cseID: '/mn-cse-1' }],
    [' MQTTS://broker ', { scheme: 'mqtts', host: 'broker', port: 8883 }],
    ['secure-mqtt://broker#in', { scheme: 'mqtts', host: 'broker', port: 8883, cseID: '/in' }],
    ['mqtt://[::1]:1884#in', { scheme: 'mqtt', host: '::1', port: 1884, cseID: '/in' }],
    ['ws://broker/mqtt#in', { scheme: 'ws', host: 'broker', port: 80, path: '/mqtt', cseID: '/in' }],
    ['wss://broker', { scheme: 'wss', host: 'broker', port: 443 }],
    ['http://cse:8080/root/', { scheme: 'http', host: 'cse', port: 8080, path: '/root' }],
    ['https://cse#in', { scheme: 'https', host: 'cse', port: 443, cseID: '/in' }],
  ])('takes %s apart', (text, expected) => {
    expect(parse(text)).toMatchObject({ path: '', cseID: '', ...expected });
  });

  it('says where the broker is', () => {
    expect(parse('secure-mqtt://u:p@broker#in').server).toEqual({
      transport: 'tls',
      host: 'broker',
      port: 8883,
      text: 'mqtts://broker:8883',
    });
    expect(parse('ws://broker').server).toMatchObject({ transport: 'ws', path: '/' });
    expect(parse('http://cse').server).toBeUndefined();
  });

  it.each([
    ['mqtt://joe:hunter2@broker', 'joe', 'hunter2'],
    ['mqtt://joe@broker', 'joe', undefined],
    ['mqtt://joe:@broker', 'joe', undefined],
    ['mqtt://j%40e:h%2Fu%23n%3At er@broker'.replace(' ', '%20'), 'j@e', 'h/u#n:t er'],
    ['mqtt://joe:a:b@c@broker', 'joe', 'a:b@c'],
  ])('finds user and password in %s', (text, username, password) => {
    const endpoint = parse(text);
    expect([endpoint.username, endpoint.password, endpoint.text]).toEqual([username, password, 'mqtt://broker:1883']);
  });

  it.each([
    ['', /is required/],
    ['broker#in', /needs a scheme/],
    ['coap://broker', /unknown scheme, got "coap"; it must be one of mqtt/],
    ['constructor://broker', /unknown scheme/],
    ['tcp://broker', /unknown scheme/],
    ['mqtt://#in', /no host/],
    ['mqtt://broker:0#in', /port from 1 to 65535, got "mqtt:\/\/broker:0#in"/],
    ['mqtt://::1#in', /brackets/],
    ['mqtt://300.1.1.1', /neither a name nor an IP address/],
    ['mqtt://broker/onem2m', /must not have a path with mqtt/],
    ['http://cse/?a=1', /query/],
    ['mqtt://bro ker', /spaces/],
    ['mqtt://broker#a/b', /id of one CSE/],
    ['mqtt://broker#//sp/in', /id of one CSE/],
    ['mqtt://broker#/', /id of one CSE/],
    ['mqtt://broker#a%2', /id of one CSE/],
    ['mqtt://broker#+', /id of one CSE/],
    ['mqtt://:hunter2@broker', /user name in front of the password/],
    ['mqtt://joe:100%@broker', /%25/],
    ['mqtt://joe:a%00@broker', /control character/],
    ['mqtt://joe:hun#ter2@broker', /%2F, %3F and %23/],
  ])('refuses %j', (text, message) => {
    expect(messageOf(text)).toMatch(message);
  });

  it.each([
    'mqtt://joe:hunter2@',
    'mqtt://joe:hunter2',
    'mqtt://joe:hunter2#in',
    'mqtt://joe:hun/ter2@broker',
    'mqtt://joe:hunter2@bro_-ker-:1',
    'mqtt://joe:hunter2@broker/path',
    'mqtt://joe:hunter2@broker#a/b',
    'http://joe:hunter2@cse?q',
    'mqtt//joe:hunter2@broker',
    'mqt://joe:hunter2@broker',
  ])('shows no password of %s', (text) => {
    expect(messageOf(text)).not.toMatch(/hun|ter2|joe/);
  });

  const endpoints = fc.record({
    scheme: fc.constantFrom('mqtt', 'mqtts', 'ws', 'wss', 'http', 'https'),
    host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
    port: fc.integer({ min: 1, max: 65_535 }),
    path: fc.constantFrom('', '/mqtt', '/a/b'),
    cseID: fc.oneof(fc.constant(''), fc.stringMatching(/^\/[A-Za-z0-9._~:%-]{1,20}$/)),
    account: fc.oneof(
      fc.constant({}),
      fc.record(
        {
          username: fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/\p{Cc}/u.test(text)),
          password: fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/\p{Cc}/u.test(text)),
        },
        { requiredKeys: ['username'] },
      ),
    ),
  });

  it('takes apart what formatEndpoint puts together', () => {
    fc.assert(
      fc.property(endpoints, ({ account, ...plain }) => {
        const path = plain.scheme.startsWith('mqtt') ? '' : plain.path;
        const given = { ...plain, path, ...account } as Endpoint;
        const parsed = parse(formatEndpoint(given));
        expect(parsed).toMatchObject(given);
        expect(parse(formatEndpoint(parsed))).toEqual(parsed);
        expect(parse(parsed.text)).toMatchObject({ ...plain, path });
      }),
    );
  });

  it('answers anything, and never with the password', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const result = parseEndpoint(`mqtt://joe:hunter2${before}@${after}`);
        expect(result.ok ? result.value.text : result.message).not.toContain('hunter2');
      }),
    );
  });
});
