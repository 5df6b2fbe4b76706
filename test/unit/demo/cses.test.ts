import { afterAll, beforeAll, expect, it } from 'vitest';
import { BareAe } from '../../support/onem2m/bare-ae.ts';
import { startBroker, startCses, withAddresses } from '../../support/node-red/demo-parts.ts';

let broker: Awaited<ReturnType<typeof startBroker>>;
let cses: Awaited<ReturnType<typeof startCses>>;

beforeAll(async () => {
  broker = await startBroker();
  cses = await startCses(broker.url);
});

afterAll(async () => {
  await cses.stop();
  await broker.stop();
});

const retrieve = async (url: string): Promise<unknown> => {
  const headers = { 'x-m2m-origin': 'CAdmin', 'x-m2m-ri': '1', 'x-m2m-rvi': '3' };
  return (await fetch(url, { headers })).json();
};

it('the gateway is registered with the backend, and each is reached through the other', async () => {
  expect(await retrieve(`${cses.inCse}/onem2m?fu=1&ty=16`)).toEqual({ 'm2m:uril': ['onem2m/mn-cse-1'] });
  expect(await retrieve(`${cses.inCse}/~/mn-cse-1/onem2m`)).toMatchObject({ 'm2m:cb': { csi: '/mn-cse-1', cst: 2 } });
  expect(await retrieve(`${cses.mnCse}/~/in-cse-1/onem2m`)).toMatchObject({ 'm2m:cb': { csi: '/in-cse-1', cst: 1 } });
  const ae = await BareAe.start(broker.url, 'mn-cse-1');
  expect(await ae.ask({ op: 2, to: 'onem2m' })).toMatchObject({ rsc: 2000, pc: { 'm2m:cb': { rn: 'onem2m' } } });
  await ae.stop();
});

it('examples get the addresses of the demo', async () => {
  const addresses = {
    broker: broker.url,
    modbusEndpoint: 'm',
    opcuaEndpoint: 'o',
    inCse: cses.inCse,
    mnCse: cses.mnCse,
  };
  const endpoints = [
    'mqtt://127.0.0.1:1883#in-cse-1',
    'mqtt://127.0.0.1:1883#mn-cse-1',
    'http://127.0.0.1:8080#in-cse-1',
    'http://127.0.0.1:8081#mn-cse-1',
    'see mqtt://127.0.0.1:1883#in-cse-1',
  ];
  const mqtt = broker.url.replace('tcp:', 'mqtt:');
  expect(JSON.parse(await withAddresses(JSON.stringify(endpoints), addresses))).toEqual([
    `${mqtt}#in-cse-1`,
    `${mqtt}#mn-cse-1`,
    `${cses.inCse}#in-cse-1`,
    `${cses.mnCse}#mn-cse-1`,
    'see mqtt://127.0.0.1:1883#in-cse-1',
  ]);
});
