import { describe, expect, it } from 'vitest';
import { proxyOf } from '../../../src/net/proxy';

const wss = { transport: 'wss', host: 'broker.example', port: 443 } as const;
const ws = { transport: 'ws', host: 'broker.example', port: 80 } as const;

describe('the proxy of the environment', () => {
  it.each([
    [wss, { HTTPS_PROXY: 'http://proxy:3128' }, 'proxy:3128'],
    [wss, { https_proxy: 'http://proxy:3128/' }, 'proxy:3128'],
    [wss, { https_proxy: 'small:1', HTTPS_PROXY: 'large:2' }, 'small:1'],
    [wss, { HTTP_PROXY: 'http://proxy:3128' }, undefined],
    [ws, { HTTP_PROXY: 'http://proxy' }, 'proxy:80'],
    [ws, { ALL_PROXY: 'proxy:3128' }, 'proxy:3128'],
    [ws, { HTTP_PROXY: 'http://[::1]:3128' }, '::1:3128'],
    [ws, {}, undefined],
    [ws, { HTTP_PROXY: '' }, undefined],
  ])('%o %o is %s', (server, environment, expected) => {
    const proxy = proxyOf(server, environment);
    expect(proxy && `${proxy.host}:${proxy.port}`).toBe(expected);
  });

  it.each([
    ['*', false],
    ['broker.example', false],
    ['.example', false],
    ['*.example', false],
    ['example', false],
    ['ker.example', true],
    ['other.example, BROKER.example:443', false],
    ['broker.example:444', true],
    ['', true],
  ])('with NO_PROXY %j: %s', (exceptions, isUsed) => {
    expect(proxyOf(wss, { HTTPS_PROXY: 'http://p:1', NO_PROXY: exceptions }) !== undefined).toBe(isUsed);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::1', '[::1]'],
    ['::1', '[::1]:443'],
  ])('does not go for %s with NO_PROXY %s', (host, exceptions) => {
    expect(proxyOf({ ...wss, host }, { HTTPS_PROXY: 'http://p:1', no_proxy: exceptions })).toBeUndefined();
  });

  it('has an account', () => {
    const { authorization } = proxyOf(wss, { HTTPS_PROXY: 'http://us%40er:pa:ss@proxy:3128' })!;
    expect(Buffer.from(authorization!.slice(6), 'base64').toString()).toBe('us@er:pa:ss');
  });

  it.each(['socks5://proxy:1080', 'http://', 'https://secret@proxy'])(
    'that is no http:// address (%s) is refused',
    (url) => {
      expect(() => proxyOf(wss, { HTTPS_PROXY: url })).toThrow(
        /^the proxy of the environment must be an http:\/\/ address$/,
      );
    },
  );
});
