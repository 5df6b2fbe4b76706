import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPublishTopic, checkTopicFilter, topicMatches } from '../../../../src/mqtt/client/topic';
import {
  notificationFilters,
  parseTopic,
  requestTopic,
  responseFilter,
  responseTopicOf,
  serializationOf,
  topicID,
} from '../../../../src/onem2m/primitive/topics';

const stem = fc.stringMatching(/^[CS][A-Za-z0-9._~-]{0,12}$/);
const cse = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const sp = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/);
const id = fc.oneof(
  stem,
  cse.map((name) => `/${name}`),
  fc.tuple(cse, stem).map(([name, ae]) => `/${name}/${ae}`),
  fc.tuple(sp, cse, stem).map(([provider, name, ae]) => `//${provider}/${name}/${ae}`),
);
const prefix = fc.constantFrom('', 'plant', 'plant/', 'a/b', '/lead');
const request = fc.record({
  kind: fc.constantFrom('req' as const, 'reg_req' as const),
  originator: id,
  receiver: id,
  serialization: fc.constantFrom('json' as const, 'cbor' as const),
  prefix,
});

describe('topicID', () => {
  it.each([
    ['Cae', 'Cae'],
    ['/cse', 'cse'],
    ['/cse/Cae', 'cse:Cae'],
    ['//sp.example/cse/Cae', ':sp.example:cse:Cae'],
  ])('writes %s as %s', (text, expected) => {
    expect(topicID(text)).toBe(expected);
  });
});

describe('request and response topics', () => {
  it.each([
    ['/oneM2M/req/Cae/in-cse/json', '/oneM2M/resp/Cae/in-cse/json'],
    ['/oneM2M/req/Cae/in-cse', '/oneM2M/resp/Cae/in-cse'],
    ['/oneM2M/reg_req/cred/in-cse/cbor', '/oneM2M/reg_resp/cred/in-cse/cbor'],
    ['/oneM2M/req/:Mobius2/Cae/json', '/oneM2M/resp/:Mobius2/Cae/json'],
    ['/oneM2M/resp/Cae/in-cse/json', undefined],
    ['Cae/json', undefined],
    ['plant/oneM2M/req/a/b/json', undefined],
  ])('answers %s on %s', (topic, expected) => {
    expect(responseTopicOf(topic)).toBe(expected);
  });

  it('can be published to, are read again, and their answers match the filter', () => {
    fc.assert(
      fc.property(request, (given) => {
        const topic = requestTopic(given);
        expect(checkPublishTopic(topic)).toBeUndefined();
        expect(parseTopic(topic, given.prefix)).toEqual({
          kind: given.kind,
          originator: topicID(given.originator),
          receiver: topicID(given.receiver),
          type: given.serialization,
        });
        const answer = responseTopicOf(topic, given.prefix) ?? '';
        const filter = responseFilter(given.kind, given.originator, given.prefix);
        expect(checkTopicFilter(filter)).toBeUndefined();
        expect(topicMatches(filter, answer)).toBe(true);
        const withoutType = answer.slice(0, answer.lastIndexOf('/'));
        expect(topicMatches(filter, withoutType)).toBe(true);
        expect(parseTopic(withoutType, given.prefix)).not.toHaveProperty('type');
        expect(responseTopicOf(answer, given.prefix)).toBeUndefined();
      }),
    );
  });

  it('hears notifications without the prefix too, and answers them below it', () => {
    const filters = notificationFilters({ aeID: 'Cae', cseID: '/in', spID: '', prefix: 'plant' });
    const texts = filters.map(({ filter }) => filter);
    expect(texts).toContain('plant/oneM2M/req/+/Cae/#');
    expect(texts).toContain('/oneM2M/req/+/Cae/#');
    expect(responseTopicOf('/oneM2M/req/in/Cae/json', 'plant')).toBe('plant/oneM2M/resp/in/Cae/json');
  });

  it('puts a prefix in front of the first slash', () => {
    const given = { kind: 'req', originator: 'Cae', receiver: '/in', serialization: 'json' } as const;
    expect(requestTopic({ ...given, prefix: 'plant' })).toBe('plant/oneM2M/req/Cae/in/json');
    expect(responseFilter('reg_req', 'cred', 'plant')).toBe('plant/oneM2M/reg_resp/cred/#');
  });
});

describe('parseTopic', () => {
  it.each([
    ['/oneM2M/req/:Mobius2/Cae/json', { kind: 'req', originator: 'Mobius2', receiver: 'Cae', type: 'json' }],
    ['/oneM2M/req/tinyiot/Cae', { kind: 'req', originator: 'tinyiot', receiver: 'Cae' }],
    ['/oneM2M/req/tinyiot/Cae/deep/er', { kind: 'req', originator: 'tinyiot', receiver: 'Cae', type: 'er' }],
    ['/oneM2M/resp/Cae/:sp:in', { kind: 'resp', originator: 'Cae', receiver: ':sp:in' }],
    ['/oneM2M/resp/Cae/in/json/x', undefined],
    ['/oneM2M/ask/Cae/in/json', undefined],
    ['/oneM2M/req/Cae', undefined],
    ['/oneM2M/req//in/json', undefined],
  ])('reads %s', (topic, expected) => {
    expect(parseTopic(topic)).toEqual(expected);
  });

  it('answers any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (topic, front) => {
        parseTopic(topic, front);
        responseTopicOf(`/oneM2M/req/${topic}`, front);
      }),
    );
  });
});

describe('notificationFilters', () => {
  const matches = (topic: string, ae: Parameters<typeof notificationFilters>[0]): boolean =>
    notificationFilters(ae).some(({ filter }) => topicMatches(filter, topic));

  it('lists the standard form first and each once', () => {
    expect(notificationFilters({ aeID: 'Cae', cseID: '/in', spID: '//sp' })).toEqual([
      { filter: '/oneM2M/req/+/Cae/#', isStandard: true },
      { filter: '/oneM2M/req/+/in:Cae/#', isStandard: false },
      { filter: '/oneM2M/req/+/:sp:in:Cae/#', isStandard: false },
      { filter: 'Cae/json', isStandard: false },
    ]);
    expect(notificationFilters({ aeID: '/in/Cae', cseID: '/in', spID: '' })).toHaveLength(3);
    expect(notificationFilters({ aeID: '', cseID: '/in', spID: '' })).toEqual([]);
    expect(notificationFilters({ aeID: 'Sae', cseID: '/in', spID: '//sp' })).toContainEqual({
      filter: '/oneM2M/req/+/:sp:Sae/#',
      isStandard: false,
    });
  });

  it('covers how each CSE notifies an AE', () => {
    fc.assert(
      fc.property(stem, cse, sp, fc.constantFrom('', 'plant'), (ae, name, provider, front) => {
        const topics = [
          `${front}/oneM2M/req/${name}/${ae}/json`, // ACME, Mobius 2
          `${front}/oneM2M/req/${name}/${name}:${ae}/json`, // OpenMTC
          `${front}/oneM2M/req/${name}/:${provider}:${name}:${ae}/json`,
          `${front}/oneM2M/req/${name}/${ae}`, // tinyIoT
          `${ae}/json`, // Mobius4
        ];
        for (const aeID of [ae, `/${name}/${ae}`, `//${provider}/${name}/${ae}`]) {
          const identity = { aeID, cseID: `/${name}`, spID: `//${provider}`, prefix: front };
          for (const { filter } of notificationFilters(identity)) expect(checkTopicFilter(filter)).toBeUndefined();
          for (const topic of topics) expect(matches(topic, identity), topic).toBe(true);
          expect(matches(`${front}/oneM2M/req/${name}/${ae}x/json`, identity)).toBe(false);
          expect(matches(`${front}/oneM2M/resp/${name}/${ae}/json`, identity)).toBe(false);
        }
      }),
    );
  });
});

describe('serializationOf', () => {
  it('knows what can be read, what cannot, and what is neither', () => {
    expect(['json', 'cbor', 'xml', 'Cae', undefined].map((type) => serializationOf(type))).toEqual([
      'json',
      'cbor',
      'other',
      undefined,
      undefined,
    ]);
  });
});
