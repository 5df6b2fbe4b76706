import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEndpoint } from '../../../src/onem2m/binding/endpoint';
import { checkOnem2mAe } from '../../../nodes/onem2m-ae/editor/checks';
import { joinEndpoint, splitEndpoint } from '../../../nodes/onem2m-ae/editor/endpoint-parts';
import {
  eventNames,
  objectOf,
  pairsOf,
  prune,
  renameCopy,
  targetOf,
  withEvent,
} from '../../../nodes/onem2m-ae/editor/forms';
import { wireLines } from '../../../nodes/onem2m-ae/editor/wire';
import { fromInput, toInput } from '../../../src/editor/form/text-value';

/** As nodes/onem2m-ae/onem2m-ae.html makes a new node. */
const fresh = {
  name: '',
  endpoint: 'mqtt://127.0.0.1:1883#mn-cse-1',
  mqtt: '',
  binding: 'auto',
  notify: '',
  topicPrefix: '',
  cse: { id: '/mn-cse-1', base: 'onem2m', spID: '', release: '3', profile: 'auto' },
  ae: { name: 'MYAPP', appID: 'NmyApp', originator: 'C', pointOfAccess: 'auto' },
  registration: { expires: '1h', refresh: 'auto', check: '5m', onConflict: 'resume', onClose: 'deregister' },
  resources: [] as unknown[],
  subscriptions: [] as unknown[],
};

describe('splitEndpoint', () => {
  it.each([
    ['mqtt://127.0.0.1:1883#mn-cse-1', ['mqtt', '127.0.0.1', '1883', '', 'mn-cse-1']],
    ['mqtt://localhost#/in-cse-1', ['mqtt', 'localhost', '', '', 'in-cse-1']],
    ['https://[::1]:8443/root/x#id-in', ['https', '[::1]', '8443', '/root/x', 'id-in']],
    ['mqtt://${HOST}:${PORT}#${CSE}', ['mqtt', '${HOST}', '${PORT}', '', '${CSE}']],
    ['#mn-cse-1', ['', '', '', '', 'mn-cse-1']],
    ['broker:1883', ['', 'broker', '1883', '', '']],
    ['', ['', '', '', '', '']],
  ])('takes %j apart', (text, [scheme, host, port, path, cse]) => {
    expect(splitEndpoint(text)).toEqual({ parts: { scheme, host, port, path, cse } });
  });

  it.each([
    ['mqtt://joe:secret@host:1883#cse', 'mqtt://host:1883#cse', { username: 'joe', password: 'secret' }],
    ['mqtt://joe@host#cse', 'mqtt://host#cse', { username: 'joe', password: '' }],
    ['http://j%40e:p%2Fw@host', 'http://host', { username: 'j@e', password: 'p/w' }],
    ['mqtt://joe:100%@host', 'mqtt://host', { username: 'joe', password: '100%' }],
    ['mqtt://joe:a/b#c@host#cse', 'mqtt://host#cse', { username: 'joe', password: 'a/b#c' }],
    ['mqtt://joe:p@ss@host', 'mqtt://host', { username: 'joe', password: 'p@ss' }],
  ])('takes user and password out of %j', (text, rest, account) => {
    const split = splitEndpoint(text);
    expect(split.account).toEqual(account);
    expect(joinEndpoint(split.parts)).toBe(rest);
  });

  it('leaves an @ in a path alone', () => {
    expect(splitEndpoint('http://host:8080/a@b#cse')).not.toHaveProperty('account');
    expect(splitEndpoint('http://[::1]/a@b#cse')).not.toHaveProperty('account');
  });

  it('loses nothing of what parseEndpoint accepts', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
    fc.assert(
      fc.property(
        fc.constantFrom('mqtt', 'mqtts', 'ws', 'wss', 'http', 'https', 'secure-mqtt'),
        fc.oneof(word, fc.ipV4(), fc.constant('[::1]')),
        fc.option(fc.integer({ min: 1, max: 65_535 })),
        fc.option(word),
        fc.option(word),
        (scheme, host, port, path, cse) => {
          const hasPath = path !== null && !scheme.includes('mqtt');
          const text = `${scheme}://${host}${port === null ? '' : `:${port}`}${hasPath ? `/${path}` : ''}${cse === null ? '' : `#${cse}`}`;
          expect(parseEndpoint(text).ok).toBe(true);
          expect(joinEndpoint(splitEndpoint(text).parts)).toBe(text);
        },
      ),
    );
  });

  it('is stable for whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        for (const text of [before, `mqtt://${before}`, `mqtt://${before}@${after}`]) {
          const joined = joinEndpoint(splitEndpoint(text).parts);
          expect(splitEndpoint(joinEndpoint(splitEndpoint(joined).parts)).parts).toEqual(splitEndpoint(joined).parts);
        }
      }),
    );
  });
});

describe('joinEndpoint', () => {
  const parts = { scheme: 'mqtt', host: 'h', port: '1883', path: '', cse: 'in' };

  it('puts what is missing where it belongs', () => {
    expect(joinEndpoint({ ...parts, cse: '/in-cse-1' })).toBe('mqtt://h:1883#in-cse-1');
    expect(joinEndpoint({ ...parts, scheme: 'http', path: 'root' })).toBe('http://h:1883/root#in');
    expect(joinEndpoint({ scheme: 'mqtt', host: '', port: '', path: '', cse: 'in' })).toBe('#in');
  });
});

describe('lists in one line', () => {
  it.each([
    ['a, b ,, c', ['a', 'b', 'c']],
    ['', []],
    ['["a,b", "c"]', ['a,b', 'c']],
    ['${LABELS}', ['${LABELS}']],
  ])('%j is %j', (text, list) => {
    expect(fromInput(text, 'list')).toEqual(list);
  });

  it('shows every list so that it can be read back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 })), (list) => {
        expect(fromInput(toInput(list, 'list'), 'list')).toEqual(list);
      }),
    );
  });

  it('shows commas where it can', () => {
    expect(toInput(['a', 'b c'], 'list')).toBe('a, b c');
    expect(toInput(['a,b', 'c'], 'list')).toBe('["a,b","c"]');
  });

  it('does not lose what is no list', () => {
    expect(toInput('a, b', 'list')).toBe('a, b');
    expect(fromInput('[broken', 'list')).toBe('[broken');
  });
});

describe('the events of a subscription', () => {
  it('are names, however the flow has them', () => {
    expect(eventNames([3, '1', 'DELETECHILD', 'createChild'])).toEqual(['createChild', 'update', 'deleteChild']);
    expect(eventNames('update')).toEqual(['update']);
    expect(eventNames(undefined)).toEqual([]);
    expect(eventNames(['nonsense', null])).toEqual(['nonsense', '']);
  });

  it('are ticked and unticked in the order of the specification', () => {
    expect(withEvent(['createChild', 'nonsense'], 'update', true)).toEqual(['update', 'createChild', 'nonsense']);
    expect(withEvent([3, 1], 'update', false)).toEqual(['createChild']);
    expect(withEvent(['update'], 'update', true)).toEqual(['update']);
  });
});

describe('forms of the tables', () => {
  it('remove objects that inputs left empty, and nothing else', () => {
    const item: Record<string, unknown> = { attributes: { bn: {}, exc: 0 }, filter: {} };
    prune(item, 'attributes.bn', 'attributes', 'filter');
    expect(item).toEqual({ attributes: { exc: 0 } });
    const text: Record<string, unknown> = { attributes: '{broken' };
    prune(text, 'attributes.bn', 'attributes');
    expect(text).toEqual({ attributes: '{broken' });
  });

  it('give a copy a free name, where it has one', () => {
    const copy: Record<string, unknown> = { path: 'a' };
    renameCopy(copy, [{ path: 'a' }, { path: 'a-2' }], 'path');
    expect(copy).toEqual({ path: 'a-3' });
    const unnamed: Record<string, unknown> = { target: 'a' };
    renameCopy(unnamed, [unnamed], 'name');
    expect(unnamed).toEqual({ target: 'a' });
  });

  it('turn pairs into an object and back', () => {
    expect(objectOf(pairsOf({ temperature: 'curT0', fan: 'fanSp0' }))).toEqual({ temperature: 'curT0', fan: 'fanSp0' });
    expect(pairsOf(['a'])).toEqual([]);
    expect(objectOf([{ name: ' ', value: 'lost' }])).toEqual({});
  });

  it('make a target below the AE relative to it', () => {
    expect(targetOf('onem2m/MYAPP/a/b', 'onem2m', 'MYAPP')).toBe('a/b');
    expect(targetOf('onem2m/OTHER/a', 'onem2m', 'MYAPP')).toBe('onem2m/OTHER/a');
    expect(targetOf('onem2m/MYAPP', 'onem2m', 'MYAPP')).toBe('onem2m/MYAPP');
  });
});

describe('checkOnem2mAe', () => {
  const fields = (raw: object) => checkOnem2mAe({ ...fresh, ...raw }).map(({ field }) => field);

  it('has nothing against a new node', () => {
    expect(checkOnem2mAe(fresh)).toEqual([]);
  });

  it('accepts what the tables make', () => {
    expect(
      fields({
        resources: [
          { ty: 'container', path: 'measurements', labels: ['a'], mni: 10, attributes: { mbs: 100 } },
          { ty: 'flexContainer', path: 'fan', wrapper: 'cod:fan', attributes: { cnd: 'org.example.fan' } },
        ],
        subscriptions: [
          { target: 'measurements', events: withEvent([], 'createChild', true), content: 'all' },
          { target: '/in-cse-1/onem2m', events: ['update'], attributes: { bn: { num: 10, dur: 'PT10S' } } },
        ],
        discoveries: [{ name: 's', target: '', interval: '1m', filter: { labels: ['a'], type: 'container' } }],
      }),
    ).toEqual([]);
  });

  it.each([
    [{ endpoint: 'nowhere' }, 'endpoint'],
    [{ endpoint: 'mqtt://127.0.0.1:1883', cse: { ...fresh.cse, id: '' } }, 'endpoint'],
    [{ topicPrefix: 'a/#' }, 'topicPrefix'],
    [{ ae: { ...fresh.ae, appID: 'x' } }, 'ae.appID'],
    [{ resources: [{ ty: 'container', path: '' }] }, 'resources[0].path'],
    [{ resources: [{ ty: 'thing', path: 'a' }] }, 'resources[0].ty'],
    [{ resources: [{ ty: 'container', path: 'a', attributes: '{broken' }] }, 'resources[0].attributes'],
    [{ subscriptions: [{ target: 'a', events: [] }] }, 'subscriptions[0].events'],
    [{ discoveries: [{ target: 'a', interval: 'often' }] }, 'discoveries[0].interval'],
    [{ devices: { mapping: 'flexContainer' } }, 'devices.flexContainer.wrapper'],
  ])('names what is wrong with %j', (raw, field) => {
    expect(fields(raw)).toContain(field);
  });
});

describe('wireLines', () => {
  const lines = (raw: object) =>
    Object.fromEntries((wireLines({ ...fresh, ...raw }) ?? []).map((line) => [line.key, line]));

  it('shows the topics of TS-0010', () => {
    expect(lines({})).toEqual({
      'wire.register': { key: 'wire.register', value: '/oneM2M/reg_req/C/mn-cse-1/json' },
      'wire.request': { key: 'wire.request', value: '/oneM2M/req/<AE-ID>/mn-cse-1/json' },
      'wire.response': { key: 'wire.response', value: '/oneM2M/resp/<AE-ID>/#' },
      'wire.notification': { key: 'wire.notification', value: '/oneM2M/req/+/<AE-ID>/#' },
    });
  });

  it('follows originator, credential, prefix and serialization', () => {
    const ae = { ...fresh.ae, originator: '/mn-cse-1/CmyApp', credentialID: 'cred' };
    expect(lines({ ae, topicPrefix: 'plant', serialization: 'cbor' })).toMatchObject({
      'wire.register': { value: 'plant/oneM2M/reg_req/cred/mn-cse-1/cbor' },
      'wire.request': { value: 'plant/oneM2M/req/mn-cse-1:CmyApp/mn-cse-1/cbor' },
    });
  });

  it('shows where notifications come in', () => {
    const http = 'http://127.0.0.1:8080/root#id-in';
    expect(lines({ endpoint: http })).toEqual({
      'wire.request': { key: 'wire.request', value: 'http://127.0.0.1:8080/root/onem2m' },
      'wire.notification': { key: 'wire.notification', note: 'wire.listener' },
    });
    expect(lines({ notify: 'poll' })['wire.notification']).toMatchObject({ note: 'wire.polling' });
    expect(lines({ endpoint: http, notify: 'mqtt://b' })['wire.notification']).toMatchObject({
      value: '/oneM2M/req/+/<AE-ID>/#',
    });
    expect(lines({ endpoint: 'ws://h/#id-in', binding: 'websocket' })['wire.notification']).toMatchObject({
      note: 'wire.same',
    });
  });

  it('shows nothing while endpoint or AE are wrong, but does not mind the tables', () => {
    expect(wireLines({ ...fresh, endpoint: 'nowhere' })).toBeUndefined();
    expect(wireLines({ ...fresh, resources: [{}] })).toBeDefined();
  });
});
