import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPublishTopic, checkTopicFilter, topicMatches } from '../../../../src/mqtt/client/topic';

describe('checkPublishTopic', () => {
  it.each(['a', '/', 'a//b', ' ', 'Ärger/温度', '$aws/x', '$SYSTEM'])('accepts %j', (topic) => {
    expect(checkPublishTopic(topic)).toBeUndefined();
  });

  it.each([
    ['', /empty/],
    ['a/+/b', /wildcard \+/],
    ['a/b#', /wildcard #/],
    ['$SYS', /\$SYS/],
    ['$SYS/broker/uptime', /\$SYS/],
    ['$share/group/a', /\$share/],
    ['a\0', /NUL/],
    ['a\n', /control characters/],
    ['a\uD800', /broken Unicode/],
    ['a\uFFFF', /broken Unicode/],
    ['x'.repeat(65_536), /65535 bytes/],
  ])('refuses %j', (topic, message) => {
    expect(checkPublishTopic(topic)).toMatch(message);
  });

  it('accepts the longest topic', () => {
    expect(checkPublishTopic('x'.repeat(65_535))).toBeUndefined();
  });
});

describe('checkTopicFilter', () => {
  it.each(['#', '+', 'a/+/b', 'a/#', '+/+', '/+', '$SYS/#', '$share/group/a/+'])('accepts %s', (filter) => {
    expect(checkTopicFilter(filter)).toBeUndefined();
  });

  it.each(['', 'a#', 'a/#/b', '#/a', 'a+', 'a/b+/c', 'a\0', '$share/group', '$share/gr+up/a', '$share//a'])(
    'refuses %j',
    (filter) => {
      expect(checkTopicFilter(filter)).toBeTypeOf('string');
    },
  );
});

describe('topicMatches (MQTT 3.1.1, 4.7)', () => {
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/tennis/player1/#', 'sport/tennis/player2', false],
    ['sport/#', 'sport', true],
    ['sport/#', 'sports', false],
    ['#', 'a/b', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['+/#', 'a', true],
    ['a/+/#', 'a', false],
    ['#', '$SYS/uptime', false],
    ['+/uptime', '$SYS/uptime', false],
    ['$SYS/#', '$SYS/uptime', true],
    ['$SYS/+', '$SYS/uptime', true],
    ['$share/group/a/+', 'a/b', true],
    ['ACCOUNTS', 'Accounts', false],
  ])('%s and %s: %s', (filter, topic, expected) => {
    expect(topicMatches(filter, topic)).toBe(expected);
  });

  const level = fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), maxLength: 3 });
  const levels = fc.array(level, { minLength: 1, maxLength: 5 });

  it('a topic matches itself, itself with a + anywhere, and every prefix with #', () => {
    fc.assert(
      fc.property(levels, fc.nat(), (parts, at) => {
        const topic = parts.join('/');
        const index = at % parts.length;
        expect(topicMatches(topic, topic)).toBe(true);
        expect(topicMatches(parts.with(index, '+').join('/'), topic)).toBe(true);
        expect(topicMatches([...parts.slice(0, index), '#'].join('/'), topic)).toBe(true);
      }),
    );
  });

  it('agrees with a regular expression made from the filter', () => {
    const filterLevels = fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(filterLevels, fc.boolean(), levels, (parts, open, topicParts) => {
        const body = parts.map((part) => (part === '+' ? '[^/]*' : part)).join('/');
        const expected = new RegExp(`^${body}${open ? '(/.*)?' : ''}$`, 'su').test(topicParts.join('/'));
        const filter = [...parts, ...(open ? ['#'] : [])].join('/');
        expect(topicMatches(filter, topicParts.join('/'))).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
