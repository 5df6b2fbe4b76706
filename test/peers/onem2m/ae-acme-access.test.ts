import { afterEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import { AcmeCse, acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { TestAuthority } from '../../support/system/certificates.ts';
import { freePort } from '../../support/system/free-port.ts';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { TestAe } from '../../support/onem2m/onem2m-ae.ts';

const isAvailable = mosquittoAvailable() && acmeAvailable();

/** How an AE gets in at an ACME that is guarded, or that lives elsewhere in the topics of its broker. */
describe.skipIf(!isAvailable)('access to ACME', () => {
  const toRemove: { remove(): unknown }[] = [];
  const keep = <T extends { remove(): unknown }>(one: T): T => {
    toRemove.push(one);
    return one;
  };

  afterEach(async () => {
    for (const one of toRemove.splice(0).reverse()) await one.remove();
  });

  const startAe = async (options: Parameters<typeof TestAe.start>[0]): Promise<TestAe> => {
    const ae = await TestAe.start(options);
    keep({ remove: () => ae.close() });
    return ae;
  };

  const roundTrip = async (ae: TestAe): Promise<void> => {
    const told = ae.notification();
    await ae.perform({ topic: 'd', payload: 'through' });
    expect((await told).payload).toBe('through');
  };

  const properties = { resources: [{ ty: 'container', path: 'd' }], subscriptions: [{ target: 'd' }] };

  it('goes through a broker with TLS, user and password', async () => {
    const authority = keep(new TestAuthority());
    const server = authority.issue('localhost', { altNames: 'DNS:localhost,IP:127.0.0.1' });
    const users = { ae: 'ae secret', cse: 'cse-secret' };
    const broker = keep(await Mosquitto.start({ listener: 'tls', server, users }));
    const { plain } = broker;
    // To ACME it is a broker without TLS, and the AE says so where it is to be reached.
    const cse = keep(await AcmeCse.start({ broker: { ...plain, username: 'cse', password: users.cse } }));
    const pointOfAccess = [`mqtt://${plain.host}:${plain.port}`];
    const ae = await startAe({
      name: 'secure',
      ae: { pointOfAccess },
      credentials: { username: 'ae', password: users.ae, caFilePEM: authority.ca },
      properties: { ...properties, endpoint: `${broker.url}#${cse.id.slice(1)}` },
    });
    await roundTrip(ae);
    const wrong = TestAe.create({
      name: 'wrong',
      credentials: { username: 'ae', password: 'no', caFilePEM: authority.ca },
      properties: { endpoint: `${broker.url}#${cse.id.slice(1)}` },
    });
    keep({ remove: () => wrong.close() });
    wrong.entity.start();
    await expect.poll(() => wrong.entity.snapshot().lastError?.message).toMatch(/user|password|authori/i);
  });

  it('goes over HTTPS, with basic and with bearer authentication', async () => {
    const authority = keep(new TestAuthority());
    const tls = authority.issue('localhost', { altNames: 'DNS:localhost,IP:127.0.0.1' });
    const cse = keep(await AcmeCse.start({ http: { tls, users: { user: 'secret' }, tokens: ['a-token'] } }));
    const start = async (name: string, credentials: Record<string, string>): Promise<TestAe> =>
      startAe({
        name,
        credentials: { caFilePEM: authority.ca, ...credentials },
        properties: { ...properties, endpoint: cse.httpUrl, notify: `http://127.0.0.1:${await freePort()}` },
      });
    await roundTrip(await start('basic', { username: 'user', password: 'secret' }));
    await roundTrip(await start('bearer', { token: 'a-token' }));
    const credentials = [
      { caFilePEM: authority.ca, username: 'user', password: 'wrong' },
      { username: 'user', password: 'secret' },
    ];
    const errors = await Promise.all(
      credentials.map(async (given) => {
        const ae = TestAe.create({ name: 'out', credentials: given, properties: { endpoint: cse.httpUrl } });
        keep({ remove: () => ae.close() });
        ae.entity.start();
        await expect.poll(() => ae.entity.snapshot().lastError).toBeDefined();
        return ae.entity.snapshot().lastError;
      }),
    );
    expect(errors[0]?.message).toMatch(/401/);
    expect(errors[1]?.message).toMatch(/certificate/);
    expect(JSON.stringify(errors)).not.toMatch(/secret|wrong/);
  });

  it('finds a CSE below a prefix of all topics', async () => {
    const broker = keep(await Mosquitto.start());
    const cse = keep(await AcmeCse.start({ broker, topicPrefix: 'plant/one' }));
    const ae = await startAe({
      name: 'prefixed',
      properties: { ...properties, endpoint: `${broker.url}#${cse.id.slice(1)}`, topicPrefix: 'plant/one' },
    });
    await roundTrip(ae);
  });

  it('says that its credential id is refused', async () => {
    const broker = keep(await Mosquitto.start());
    const cse = keep(
      await AcmeCse.start({ broker, settings: { 'mqtt.security': { allowedCredentialIDs: 'known*' } } }),
    );
    const endpoint = `${broker.url}#${cse.id.slice(1)}`;
    const out = TestAe.create({ name: 'out', ae: { credentialID: 'other' }, properties: { endpoint } });
    keep({ remove: () => out.close() });
    out.entity.start();
    await expect
      .poll(() => out.entity.snapshot().lastError)
      .toMatchObject({
        code: 'ONEM2M_4103',
        message: expect.stringMatching(/Invalid credential ID: other/),
      });
    await startAe({ name: 'in', ae: { credentialID: 'known-1' }, properties: { endpoint } });
    expect(await new AdminClient(cse.httpUrl).exists('cse-in/in')).toBe(true);
  });
});
