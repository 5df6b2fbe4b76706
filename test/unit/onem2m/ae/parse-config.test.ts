import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAeConfig } from '../../../../src/onem2m/ae/parse/parse-config.ts';

const MINIMAL = { endpoint: 'mqtt://127.0.0.1:1883#mn-cse-1', ae: { name: 'MYAPP' } };

function good(raw: Record<string, unknown>) {
  const parsed = parseAeConfig(raw);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** `field: message` of each problem. */
function problems(raw: Record<string, unknown>): string[] {
  const parsed = parseAeConfig(raw);
  return parsed.ok ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);
}

describe('an application entity in a flow', () => {
  it('has the defaults of the contract', () => {
    expect(good(MINIMAL)).toMatchObject({
      binding: 'mqtt',
      notify: { kind: 'same' },
      cse: { id: '/mn-cse-1', base: 'onem2m', spID: '', release: '3', profile: 'auto' },
      ae: { name: 'MYAPP', appID: 'NMYAPP', originator: 'C', requestReachability: true },
      registration: { expiresMs: 3_600_000, onConflict: 'resume', onClose: 'deregister', checkMs: 300_000 },
      serialization: 'json',
      timeoutMs: 10_000,
      contentFormat: 'auto',
      devices: { mapping: 'containers', commands: true, maxInstances: 10 },
    });
  });

  it('takes its resources, subscriptions and discoveries as a flow writes them', () => {
    const { resources, subscriptions, discoveries } = good({
      ...MINIMAL,
      resources: [
        { ty: 'container', path: 'measurements/', labels: ['temperature'], mni: 10 },
        { ty: 28, path: 'meter', wrapper: 'cod:tempe', cnd: 'org.onem2m.x', attributes: { curT0: 1 } },
      ],
      subscriptions: [
        { target: 'measurements', events: ['createChild', 'delete'], content: 'all', target_uri: 'mqtt://x/y' },
      ],
      discoveries: [
        { name: 'all', target: '/in-cse-1/onem2m', filter: { labels: ['a'], type: 'container' }, interval: '5s' },
      ],
    });
    expect(resources).toMatchObject([
      { ty: 3, path: 'measurements', wrapper: 'm2m:cnt', attributes: { lbl: ['temperature'], mni: 10 } },
      { ty: 28, path: 'meter', wrapper: 'cod:tempe', attributes: { cnd: 'org.onem2m.x', curT0: 1 } },
    ]);
    expect(subscriptions).toMatchObject([
      {
        target: 'measurements',
        events: [3, 2],
        content: 1,
        targetUri: 'mqtt://x/y',
        name: 'devicelink-measurements-3-2',
      },
    ]);
    expect(discoveries).toMatchObject([{ name: 'all', filter: { lbl: ['a'], ty: [3] }, intervalMs: 5000 }]);
  });

  it('names a subscription at somebody else after the AE, as others may subscribe there too', () => {
    const targets = ['', 'data', 'onem2m/MYAPP/data', 'onem2m/OTHER', '/mn-cse-2/onem2m/OTHER/data'];
    const subscriptions = targets.map((target) => ({ target }));
    expect(good({ ...MINIMAL, ae: { name: 'MYAPP' }, subscriptions }).subscriptions.map(({ name }) => name)).toEqual([
      'devicelink-3',
      'devicelink-data-3',
      'devicelink-onem2m-MYAPP-data-3',
      'devicelink-MYAPP-onem2m-OTHER-3',
      'devicelink-MYAPP-mn-cse-2-onem2m-OTHER-data-3',
    ]);
  });

  it.each([
    ['http://127.0.0.1:8080', undefined, 'http'],
    ['ws://127.0.0.1:9001/mqtt#in-cse', undefined, 'mqtt'],
    ['ws://127.0.0.1:8180', 'websocket', 'websocket'],
    ['mqtts://broker#in-cse', 'mqtt', 'mqtt'],
  ])('speaks %s with binding %s as %s', (endpoint, binding, expected) => {
    expect(good({ ...MINIMAL, endpoint, binding }).binding).toBe(expected);
  });

  it('names the CSE by fragment or by its id, and needs no address with an mqtt-extension', () => {
    expect(good({ ...MINIMAL, endpoint: 'mqtt://b', cse: { id: 'in-cse' } }).cse.id).toBe('/in-cse');
    expect(good({ ...MINIMAL, endpoint: '#in-cse', mqtt: 'some-id' }).cse.id).toBe('/in-cse');
    expect(good({ ...MINIMAL, endpoint: '', mqtt: 'some-id', cse: { id: '/in-cse' } }).binding).toBe('mqtt');
  });
});

describe('what is wrong', () => {
  it.each([
    [{ endpoint: '' }, /^endpoint: /],
    [{ endpoint: 'coap://x' }, /^endpoint: .*coap/],
    [
      { endpoint: 'mqtt://127.0.0.1:1883' },
      /^endpoint: needs the CSE that receives the requests: "mqtt:\/\/127\.0\.0\.1:1883#mn-cse-1", or cse\.id$/,
    ],
    [{ endpoint: 'http://x', binding: 'mqtt' }, /^binding: mqtt needs an endpoint with the scheme mqtt/],
    [{ ae: {} }, /^ae\.name: is required/],
    [{ ae: { name: 'a b' } }, /^ae\.name: must be a resource name/],
    [
      { ae: { name: 'x', originator: 'Cbad id' } },
      /^ae\.originator: must not contain a space or control character, which no id may have, got "Cbad id"$/,
    ],
    [{ ae: { name: 'x', originator: 'C#1' } }, /^ae\.originator: must not contain "#", which no id may have/],
    [{ ae: { name: 'x', originator: 'Me' } }, /^ae\.originator: must be "C" or "S".*got "Me"$/],
    [{ ae: { name: 'x', appID: 'my' } }, /^ae\.appID: must begin with N/],
    [{ cse: { profile: 'oneM3M' } }, /^cse\.profile: must be one of auto, generic/],
    [{ cse: { spID: 'sp' } }, /^cse\.spID: must begin with two slashes/],
    [{ cse: { release: '9' } }, /^cse\.release: must be one of/],
    [{ notify: 'somewhere' }, /^notify: must be empty, "poll", or an endpoint/],
    [{ notify: 'mqtt://joe:s3cret@host' }, /^notify: must not contain a user name or password/],
    [{ registration: { expires: '5' } }, /^registration\.expires: needs a unit/],
    [{ serialization: 'xml' }, /^serialization: must be one of json, cbor/],
    [
      { resources: [{ ty: 'box', path: 'x' }] },
      /^resources\[0\]\.ty: is not a resource type: expected .*container.*got "box"/,
    ],
    [{ resources: [{ ty: 'flexContainer', path: 'x' }] }, /^resources\[0\]\.wrapper: is required/],
    [{ resources: [{ path: '' }] }, /^resources\[0\]\.path: is required/],
    [{ resources: [{ path: 'x' }, { path: 'x' }] }, /^resources\[1\]\.path: is there twice/],
    [{ subscriptions: [{ target: 'x', events: ['never'] }] }, /^subscriptions\[0\]\.events: must be of update/],
    [{ subscriptions: [{ target: 'x', content: 'half' }] }, /^subscriptions\[0\]\.content: must be one of all/],
    [
      { subscriptions: [{ target: 'x' }, { target: 'x' }] },
      /^subscriptions\[1\]\.name: is that of subscriptions\[0\] too/,
    ],
    [{ discoveries: [{ interval: '1ms' }] }, /^discoveries\[0\]\.interval: must be at least 1000ms/],
    [{ discoveries: [{ filter: { lim: 0 } }] }, /^discoveries\[0\]\.filter\.lim: must be a whole number from 1/],
    [{ discoveries: [{ filter: { limit: 'all' } }] }, /^discoveries\[0\]\.filter\.limit: must be a whole number/],
    [{ devices: { mapping: 'flexContainer' } }, /^devices\.flexContainer\.wrapper: is required/],
    [{ topicPrefix: 'a/#' }, /^topicPrefix: must not contain/],
  ])('%j is said by field', (change, expected) => {
    const found = problems({ ...MINIMAL, ...change });
    expect(found.join('\n')).toMatch(new RegExp(expected.source, 'm'));
  });

  it('shows no password of an endpoint', () => {
    const found = problems({ ...MINIMAL, endpoint: 'mqtt://user:s3cret@host:99999#x' });
    expect(found.length).toBeGreaterThan(0);
    expect(found.join()).not.toContain('s3cret');
  });

  it('never crashes, whatever a flow holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(ALL)), fc.jsonValue()), (change) => {
        const parsed = parseAeConfig({ ...MINIMAL, ...change });
        expect(typeof parsed.ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});

const ALL = {
  endpoint: 0,
  mqtt: 0,
  notify: 0,
  binding: 0,
  cse: 0,
  ae: 0,
  registration: 0,
  serialization: 0,
  timeout: 0,
  resources: 0,
  subscriptions: 0,
  discoveries: 0,
  contentFormat: 0,
  devices: 0,
  tlsConfig: 0,
  topicPrefix: 0,
};
