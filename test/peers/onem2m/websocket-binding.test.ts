import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketBinding, type WebSocketBindingOptions } from '../../../src/onem2m/binding/websocket/websocket.ts';
import { acmeAvailable, AcmeCse } from '../../support/onem2m/acme/acme.ts';
import { acceptAll, endpoint, opened, originator, realPorts } from '../../support/onem2m/onem2m-exchange.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function make(
  url: string,
  id: string,
  options: Partial<WebSocketBindingOptions> = {},
): Promise<WebSocketBinding> {
  const binding = new WebSocketBinding({
    endpoint: endpoint(url),
    serialization: 'json',
    ports: realPorts(),
    ...options,
  });
  cleanUps.push(() => binding.close());
  await binding.listen(id);
  return opened(binding);
}

const ae = (binding: WebSocketBinding): object => ({
  'm2m:ae': { rn: 'ae', api: 'N.test', rr: true, srv: ['4'], poa: binding.pointOfAccess },
});
const container = { 'm2m:cnt': { rn: 'c' } };
const subscription = (nu: string): object => ({ 'm2m:sub': { rn: 's', nu: [nu], enc: { net: [3] }, nct: 1 } });

describe.skipIf(!acmeAvailable())('WebSocketBinding at ACME', () => {
  let cse: AcmeCse;
  beforeAll(async () => {
    cse = await AcmeCse.start({ websocket: true });
    return () => cse.remove();
  });
  afterEach(() => cse.reset());

  it.each(['json', 'cbor'] as const)('exchanges requests and notifications in %s', async (serialization) => {
    const binding = await make(cse.websocketUrl, 'Cae', { serialization });
    const incoming = acceptAll(binding);
    const ask = originator(binding, 'Cae');
    expect(await ask({ op: 1, to: 'cse-in', ty: 2, pc: ae(binding) })).toMatchObject({ rsc: 2001 });
    expect(await ask({ op: 1, to: 'cse-in/ae', ty: 3, pc: container })).toMatchObject({ rsc: 2001 });
    expect(await ask({ op: 1, to: 'cse-in/ae/c', ty: 23, pc: subscription('Cae') })).toMatchObject({ rsc: 2001 });
    expect(await ask({ op: 1, to: 'cse-in/ae/c', ty: 4, pc: { 'm2m:cin': { con: 'grün' } } })).toMatchObject({
      rsc: 2001,
    });
    await expect.poll(() => incoming).toHaveLength(1);
    expect(incoming[0]?.request).toMatchObject({
      op: 5,
      pc: { 'm2m:sgn': { nev: { rep: { 'm2m:cin': { con: 'grün' } } } } },
    });
    expect(await ask({ op: 2, to: 'cse-in', fc: { fu: 1, ty: [3] } })).toMatchObject({
      rsc: 2000,
      pc: { 'm2m:uril': ['cse-in/ae/c'] },
    });
    expect(await ask({ op: 2, to: 'cse-in/nope' })).toMatchObject({ rsc: 4004 });
    expect(await ask({ op: 4, to: 'cse-in/ae' })).toMatchObject({ rsc: 2002 });
  });

  it('lets the CSE assign the id, and is reached under it', async () => {
    const binding = await make(cse.websocketUrl, 'C');
    const incoming = acceptAll(binding);
    const created = await originator(binding, 'C')({ op: 1, to: 'cse-in', ty: 2, pc: ae(binding) });
    expect(created.rsc).toBe(2001);
    const { aei } = (created.pc as { 'm2m:ae': { aei: string } })['m2m:ae'];
    await binding.listen(aei);
    const ask = originator(binding, aei);
    expect(await ask({ op: 1, to: 'cse-in/ae', ty: 3, pc: container })).toMatchObject({ rsc: 2001 });
    expect(await ask({ op: 1, to: 'cse-in/ae/c', ty: 23, pc: subscription(aei) })).toMatchObject({ rsc: 2001 });
    await ask({ op: 1, to: 'cse-in/ae/c', ty: 4, pc: { 'm2m:cin': { con: '1' } } });
    await expect.poll(() => incoming).toHaveLength(1);
  });

  it('comes back after the CSE was restarted', async () => {
    const binding = await make(cse.websocketUrl, 'Cae');
    const down = once(binding.events, 'down');
    await cse.kill();
    expect((await down)[0]).toMatchObject({ code: 'LINK_LOST' });
    const up = once(binding.events, 'up');
    await cse.start();
    await up;
    expect(await originator(binding, 'Cae')({ op: 1, to: 'cse-in', ty: 2, pc: ae(binding) })).toMatchObject({
      rsc: 2001,
    });
  });
});
