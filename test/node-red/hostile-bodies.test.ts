import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCse, type StandInCse } from '../support/onem2m/stand-in-cse.ts';
import { NodeRedProcess, type FlowNode } from '../support/node-red/node-red-process.ts';

const aeAt = (cse: string): FlowNode => ({
  id: 'ae1',
  type: 'onem2m-ae',
  z: 'f1',
  endpoint: `${cse}#in-cse-1`,
  cse: { base: 'onem2m' },
  ae: { appID: 'Nexample', name: 'hostile' },
  wires: [[], [], []],
});

describe.each([
  ['one root for all', {}, ''],
  ['roots of their own', { httpAdminRoot: '/admin', httpNodeRoot: '/nodes' }, '/nodes'],
  ['nodes below the admin API', { httpNodeRoot: '/nodes' }, '/nodes'],
])('with %s, a body that nobody can read', (_name, settings: Record<string, string>, nodeRoot) => {
  let nodeRed: NodeRedProcess;
  let cse: StandInCse;
  beforeAll(async () => {
    cse = await startCse({ id: '/in-cse-1', http: {} });
    nodeRed = await NodeRedProcess.start({ flows: [{ id: 'f1', type: 'tab' }, aeAt(cse.httpUrl ?? '')], settings });
  });
  afterAll(async () => {
    expect(nodeRed.warnings.filter((line) => /stack|SyntaxError|PayloadTooLarge/.test(line))).toEqual([]);
    await nodeRed.stop();
    await cse.stop();
  });

  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(nodeRed.url + path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
  const ADMIN = `${settings['httpAdminRoot'] ?? ''}/devicelink`;
  const LONG = JSON.stringify({ pad: 'x'.repeat(1_500_000) });
  const TOO_LONG_FOR_ALL = JSON.stringify({ pad: 'x'.repeat(6_000_000) });

  it.each(['/test', '/onem2m/test', '/opcua/browse', '/no-such-endpoint'])(
    'is refused as JSON, without a stack or a path, at /devicelink%s',
    async (endpoint) => {
      for (const [body, headers, status] of [
        ['{"type":', {}, 400],
        [TOO_LONG_FOR_ALL, {}, 413],
        ['{}', { 'Content-Type': 'application/json; charset=koi8-r' }, 415],
        ['{}', { 'Content-Encoding': 'zstd-of-mine' }, 415],
      ] as const) {
        const reply = await post(ADMIN + endpoint, body, headers);
        const text = await reply.text();
        expect([reply.status, reply.headers.get('content-type')], text).toEqual([
          status,
          expect.stringMatching(/json/),
        ]);
        expect(JSON.parse(text)).toEqual({
          ok: false,
          error: { code: 'CONFIG', message: expect.stringMatching(/^the body: /) },
        });
        expect(text).not.toMatch(/node_modules|at \w+|SyntaxError/);
      }
    },
  );

  it('is refused by oneM2M, without a stack or a path, at /onem2m/<node>', async () => {
    const poa = () => cse.resources().find(({ path }) => path === 'onem2m/hostile')?.attributes['poa'] as string[];
    await expect.poll(poa).toEqual([expect.stringContaining(`${nodeRoot}/onem2m/ae1/`)]);
    const { pathname } = new URL(poa()[0] ?? '');
    const headers = { 'X-M2M-RI': 'r1', 'X-M2M-RVI': '3', 'X-M2M-Origin': '/in-cse' };
    for (const [body, status] of [
      ['{"m2m:sgn":', 400],
      [LONG, 413],
      [TOO_LONG_FOR_ALL, 413],
    ] as const) {
      const reply = await post(pathname, body, headers);
      const text = await reply.text();
      expect([reply.status, reply.headers.get('x-m2m-rsc')], text).toEqual([status, '4000']);
      expect(text).not.toMatch(/<html|node_modules|SyntaxError/i);
    }
  });
});
