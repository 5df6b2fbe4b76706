import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProfileName } from '../../../src/onem2m/binding/profile.ts';
import { BareAe, parse } from '../../support/onem2m/bare-ae.ts';
import { startBroker } from '../../support/node-red/demo-parts.ts';
import { startCse, type StandInCse } from '../../support/onem2m/stand-in-cse.ts';

const REGISTRAR = { id: '/in-cse-1', base: 'onem2m' };

let broker: Awaited<ReturnType<typeof startBroker>>;
let backend: StandInCse;
let gateway: StandInCse;
let atBackend: BareAe;
let atGateway: BareAe;

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(() => broker.stop());

afterEach(async () => {
  expect([...backend.faults, ...gateway.faults]).toEqual([]);
  await Promise.all([atBackend, atGateway].map((ae) => ae.stop()));
  await Promise.all([backend, gateway].map((cse) => cse.stop()));
});

async function start(flavour: ProfileName): Promise<void> {
  const brokerUrl = broker.url;
  backend = await startCse({ id: '/in-cse-1', flavour, brokerUrl, answerTimeoutMs: 2_000 });
  gateway = await startCse({ id: '/mn-cse-1', flavour, brokerUrl, answerTimeoutMs: 2_000, registrar: REGISTRAR });
  atBackend = await BareAe.start(broker.url, 'in-cse-1');
  atGateway = await BareAe.start(broker.url, 'mn-cse-1');
}

const remotes = (): unknown => backend.resources().filter(({ ty }) => ty === 16);

describe.each<[ProfileName, object]>([
  ['generic', {}],
  ['acme', { srv: ['3'] }],
  ['openmtc', {}],
])('through a gateway like %s', (flavour, attributes) => {
  const registration = (rn: string) => {
    const poa = [broker.url.replace('tcp:', 'mqtt:')];
    return { op: 1, to: 'onem2m', ty: 2, pc: { 'm2m:ae': { rn, api: 'N.a', rr: true, poa, ...attributes } } };
  };

  beforeEach(() => start(flavour));

  it('requests go both ways', async () => {
    await atGateway.ask({ ...registration('sensor'), fr: 'Csensor' });
    await atGateway.ask({ op: 1, to: 'onem2m/sensor', fr: 'Csensor', ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } });
    await atBackend.ask(registration('gui'));
    expect(await atBackend.ask({ op: 2, to: '/mn-cse-1/onem2m/sensor/c' })).toMatchObject({
      rsc: 2000,
      pc: { 'm2m:cnt': { rn: 'c' } },
    });
    const fr = flavour === 'openmtc' ? '//openmtc.org/in-cse-1' : '/in-cse-1/Cae';
    expect(gateway.requests.at(-1)?.request).toMatchObject({ fr, to: '/mn-cse-1/onem2m/sensor/c' });
    const push = { op: 1, to: '/mn-cse-1/onem2m/sensor/c', ty: 4, pc: { 'm2m:cin': { con: 'from above' } } };
    expect(await atBackend.ask(push)).toMatchObject({ rsc: 2001 });
    expect(await atGateway.ask({ op: 2, to: '/in-cse-1/onem2m/gui', fr: 'Csensor' })).toMatchObject({
      rsc: 2000,
      pc: { 'm2m:ae': { aei: 'Cae' } },
    });
  });

  it('events reach an AE of the backend', async () => {
    await atBackend.ask(registration('gui'));
    const sub = { 'm2m:sub': { rn: 's', nu: ['/in-cse-1/Cae'], enc: { net: [3] } } };
    expect(await atBackend.ask({ op: 1, to: '/mn-cse-1/onem2m', ty: 23, pc: sub })).toMatchObject({ rsc: 2001 });
    await atGateway.ask({ ...registration('sensor'), fr: 'Csensor' });
    const receiver = flavour === 'openmtc' ? 'in-cse-1:Cae' : 'Cae';
    const seen = await atBackend.next(({ topic }) => topic === `/oneM2M/req/in-cse-1/${receiver}/json`);
    expect(parse(seen)).toMatchObject({ op: 5, pc: { 'm2m:sgn': { nev: { rep: { 'm2m:ae': { aei: 'Csensor' } } } } } });
  });
});

describe('a gateway', () => {
  beforeEach(() => start('generic'));

  it('is registered at the backend, also again after it was away', async () => {
    const csr = { rn: 'mn-cse-1', csi: '/mn-cse-1', cb: '/mn-cse-1/onem2m', cst: 2, rr: true };
    expect(remotes()).toMatchObject([{ attributes: csr }]);
    await gateway.stop();
    await gateway.start();
    expect(remotes()).toMatchObject([{ attributes: csr }]);
    backend.forgetAll();
    expect(remotes()).toEqual([]);
  });

  it('hands refusals through, and says what is nowhere', async () => {
    expect(await atBackend.ask({ op: 2, to: '/mn-cse-1/onem2m/none' })).toMatchObject({ rsc: 4004 });
    expect(await atGateway.ask({ op: 2, to: '/elsewhere/onem2m' })).toMatchObject({ rsc: 5103 });
    await gateway.stop();
    expect(await atBackend.ask({ op: 2, to: '/mn-cse-1/onem2m' })).toMatchObject({ rsc: 5103 });
  });

  it('that nobody registers says so', async () => {
    const registrar = { id: '/nobody', base: 'onem2m' };
    const alone = startCse({ id: '/mn-cse-2', brokerUrl: broker.url, registrar, answerTimeoutMs: 50 });
    await expect(alone).rejects.toThrow('/mn-cse-2: /nobody does not answer the registration');
  });
});

it('a registration looks as OpenMTC was seen to make it', async () => {
  await start('openmtc');
  const watch = atBackend;
  await gateway.stop();
  backend.forgetAll();
  await gateway.start();
  const seen = await watch.next(({ topic }) => topic === '/oneM2M/req/mn-cse-1/in-cse-1/json');
  expect(parse(seen)).toMatchObject({
    ...{ op: 1, ty: 16, fr: '//openmtc.org/mn-cse-1', to: '/in-cse-1/onem2m' },
    pc: { 'm2m:csr': { cb: 'onem2m', csi: '/mn-cse-1', cst: 2, rr: true, rn: 'mn-cse-1' } },
  });
  const answer = await watch.next(({ topic }) => topic === '/oneM2M/resp/mn-cse-1/in-cse-1');
  expect(parse(answer)).toMatchObject({
    ...{ rvi: '2a', to: '/in-cse-1/onem2m', fr: '//openmtc.org/mn-cse-1', rsc: 2001 },
    pc: { 'm2m:csr': { pi: 'cb0', ri: 'csr1', rn: 'mn-cse-1', ty: 16, mei: null, acpi: [] } },
  });
});
