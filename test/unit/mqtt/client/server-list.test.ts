import { describe, expect, it } from 'vitest';
import { parseServerList } from '../../../../src/mqtt/client/server-list';

const texts = (given: unknown): unknown => {
  const parsed = parseServerList(given);
  return parsed.ok ? parsed.value.map(({ text }) => text) : parsed.message;
};

describe('the servers of a connection', () => {
  it.each([
    ['tcp://a:1', ['tcp://a:1']],
    ['tcp://a:1,tcp://b:2', ['tcp://a:1', 'tcp://b:2']],
    [' tcp://a:1 ,  tls://b:2\nws://c/x,y ', ['tcp://a:1', 'tls://b:2', 'ws://c/x,y']],
    ['tcp://a:1, ', ['tcp://a:1']],
    ['unix:///run/a b.sock', ['unix:///run/a b.sock']],
    [
      ['tcp://a:1', 'tcp://b:2'],
      ['tcp://a:1', 'tcp://b:2'],
    ],
  ])('%j', (given, expected) => expect(texts(given)).toEqual(expected));

  it.each([
    [undefined, /^is required/],
    ['', /^is required/],
    [[], /^is required/],
    ['localhost', /^needs a scheme/],
    ['tcp://a:1, http://b', /^number 2 has an unknown scheme/],
    [['tcp://a:1', 7], /^number 2 must be text, got 7/],
    [['tcp://a:1', 'tcp://a:1'], /^number 2 is given twice/],
    [Array.from({ length: 21 }, (_none, index) => `tcp://a:${index + 1}`), /^must be at most 20 servers/],
    ['tcp://a:1 tcp://user:secret@b', /^number 2 must not contain a user name or password/],
  ])('%j is refused', (given, message) => expect(texts(given)).toMatch(message));
});
