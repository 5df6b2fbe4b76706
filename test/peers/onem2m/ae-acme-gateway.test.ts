import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import { AcmeBench, HTTP, MQTT } from '../../support/onem2m/acme/transports.ts';
import { AcmeCse, acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';

const isAvailable = mosquittoAvailable() && acmeAvailable();

/** An AE at one real CSE that works with what another holds: a gateway (MN-CSE) that is registered with a backend (IN-CSE). */
describe.skipIf(!isAvailable)('through a gateway', () => {
  let backend: AcmeBench;
  let gateway: AcmeCse;
  let admin: AdminClient;

  beforeAll(async () => {
    backend = await AcmeBench.start({ allowedCses: ['/id-mn'], reachedBy: ['mqtt'] });
    const { broker, cse } = backend;
    const registrar = { id: cse.id, base: cse.base, address: `mqtt://${broker.host}:${broker.port}` };
    gateway = await AcmeCse.start({
      broker,
      reachedBy: ['mqtt'],
      type: 'MN',
      id: '/id-mn',
      base: 'cse-mn',
      registrar,
      checkSeconds: 1,
    });
    admin = new AdminClient(cse.httpUrl);
    await vi.waitFor(async () => expect(await admin.exists('cse-in/id-mn')).toBe(true), { timeout: 20_000 });
  });

  afterAll(async () => {
    await backend.clear();
    await gateway.remove();
    await backend.remove();
  });

  it.each([MQTT, HTTP])(
    'reads, writes and subscribes at the gateway as an AE of the backend, over $name',
    async (transport) => {
      const sensor = backend.newName();
      const policy = { acr: [{ acor: ['*'], acop: 63 }] };
      const atGateway = await backend.startAe(MQTT, {
        name: sensor,
        properties: {
          endpoint: `${backend.broker.url}#${gateway.id.slice(1)}`,
          cse: { base: gateway.base },
          resources: [
            { ty: 'accessControlPolicy', path: 'open', pv: policy, pvs: policy },
            { ty: 'container', path: 'd', acpi: ['open'] },
          ],
        },
      });
      await atGateway.perform({ topic: 'd', payload: 21.5 });
      // The gateway has to be allowed to notify it.
      const acr = [{ acor: ['all'], acop: 63 }];
      await admin.create('cse-in', 1, { 'm2m:acp': { rn: `open-${sensor}`, pv: { acr }, pvs: { acr } } });
      // By its own address alone ACME would send a notification that another CSE passes on to itself, again and again.
      const originator = `Creader${sensor}`;
      const pointOfAccess = transport === MQTT ? { pointOfAccess: [`${backend.broker.url}//${originator}`] } : {};
      const ae = await backend.startAe(transport, {
        ae: { originator, acpi: [`cse-in/open-${sensor}`], ...pointOfAccess },
        properties: { cse: { base: 'cse-in', id: '/id-in' } },
      });
      const target = `/id-mn/cse-mn/${sensor}/d`;
      expect((await ae.perform({ operation: 'latest', topic: target })).payload).toBe(21.5);
      await ae.perform({ topic: target, payload: 22 });
      expect((await atGateway.perform({ operation: 'latest', topic: 'd' })).payload).toBe(22);
      // ACME 2026.5.3 sends its own code for a discovery on, which no other CSE knows.
      const discovery = { operation: 'discover', topic: `/id-mn/cse-mn/${sensor}`, filter: { types: ['container'] } };
      await expect(ae.perform(discovery)).rejects.toMatchObject({ message: expect.stringMatching(/op, value: -2/) });
      await expect(ae.perform({ operation: 'retrieve', topic: `/id-mn/cse-mn/${sensor}` })).rejects.toMatchObject({
        code: 'ONEM2M_4103',
      });
      await expect(ae.perform({ operation: 'retrieve', topic: '/id-none/cse' })).rejects.toMatchObject({
        code: expect.stringMatching(/^ONEM2M_/),
      });
      const subscribed = await ae.perform({
        operation: 'subscribe',
        topic: target,
        attributes: { enc: { chty: [4] } },
      });
      expect(subscribed.onem2m.rsc).toBe(2001);
      const told = ae.notification();
      await atGateway.perform({ topic: 'd', payload: 23 });
      expect(await told).toMatchObject({ payload: 23, topic: target });
      await backend.clear();
    },
  );
});
