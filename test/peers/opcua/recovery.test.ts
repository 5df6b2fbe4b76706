import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeviceError } from '../../../src/base/errors';
import type { SessionLease, UaSession } from '../../../src/drivers/opcua/session/session-pool';
import { countHandles, expectNoNewHandles, within } from '../../support/system/active-handles';
import { AsyncuaServer, asyncuaAvailable } from '../../support/opcua/asyncua';
import { CuttingProxy } from '../../support/mqtt/cutting-proxy';
import { freePort } from '../../support/system/free-port';
import { OpcUaTestServer } from '../../support/opcua/opcua-server';
import { never, SessionBench } from '../../support/opcua/opcua-session';

let bench: SessionBench;
beforeEach(() => {
  bench = new SessionBench();
});
afterEach(() => bench.end());

function lost(lease: SessionLease): Promise<DeviceError> {
  return new Promise((resolve) => lease.events.once('lost', resolve));
}

function restored(lease: SessionLease): Promise<void> {
  return new Promise((resolve) => lease.events.once('restored', resolve));
}

async function readState({ session }: UaSession): Promise<string> {
  return (await session.read({ nodeId: 'i=2259', attributeId: 13 })).statusCode.name;
}

/** Takes connections and never says a word. */
async function silentServer(port = 0): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, close };
}

describe('node-opcua server', () => {
  let server: OpcUaTestServer;
  const start = async (options = {}): Promise<OpcUaTestServer> => {
    server = await new OpcUaTestServer(options).start();
    return server;
  };
  afterEach(() => server.remove());

  it('shares one session among all with the same options, until the last one goes', async () => {
    await start();
    const leases = Array.from({ length: 20 }, () => bench.acquire(server.endpoint));
    const sessions = await Promise.all(leases.map((lease) => lease.ready(never)));
    expect(new Set(sessions).size).toBe(1);
    expect(server.sessionCount).toBe(1);
    const other = bench.acquire(server.endpoint, { identity: { type: 'user', username: 'user', password: 'secret' } });
    await other.ready(never);
    expect(server.sessionCount).toBe(2);
    await Promise.all(leases.slice(1).map((lease) => lease.release()));
    expect(await readState(sessions[0]!)).toBe('Good');
    expect(server.sessionCount).toBe(2);
    await leases[0]!.release();
    await leases[0]!.release();
    expect(server.sessionCount).toBe(1);
  });

  it('has a new session soon after the server is back, with its new namespaces', async () => {
    let order = ['urn:one', 'urn:two'];
    await start({
      populate: (space: { registerNamespace: (uri: string) => unknown }) =>
        order.forEach((uri) => space.registerNamespace(uri)),
    });
    const lease = bench.acquire(server.endpoint);
    const first = await lease.ready(never);
    expect(first.namespaces().slice(2)).toEqual(['urn:one', 'urn:two']);
    const [gone, back] = [lost(lease), restored(lease)];
    await server.stop();
    expect(await gone).toMatchObject({ code: 'LINK_LOST' });
    order = ['urn:two', 'urn:one'];
    await server.start();
    const upAgain = Date.now();
    await within(back, 5000, 'the recovery');
    expect(Date.now() - upAgain).toBeLessThan(1500);
    const second = await lease.ready(never);
    expect(second.generation).toBe(2);
    expect(second.namespaces().slice(2)).toEqual(['urn:two', 'urn:one']);
    expect(await readState(second)).toBe('Good');
    expect(server.sessionCount).toBe(1);
  });

  it('waits in ready while the server is away, and says why when it stays away', async () => {
    await start();
    const lease = bench.acquire(server.endpoint, { timeoutMs: 3000 });
    await lease.ready(never);
    const gone = lost(lease);
    await server.stop();
    await gone;
    await expect(lease.ready(never)).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('nothing listens'),
    });
    const waiting = lease.ready(never);
    await server.start();
    expect((await waiting).generation).toBe(2);
  });

  it('gets back in although its lost session still takes the only place', async () => {
    await start({ maxSessions: 1 });
    const proxy = await CuttingProxy.start(server.port);
    try {
      const lease = bench.acquire(`opc.${proxy.url}`);
      await lease.ready(never);
      const [gone, back] = [lost(lease), restored(lease)];
      proxy.cut();
      await gone;
      await within(back, 3000, 'the recovery');
      expect((await lease.ready(never)).generation).toBe(2);
      expect(server.sessionCount).toBe(1);
    } finally {
      await proxy.stop();
    }
  });

  it('gets back in although the lost session was given back before a new one was asked for', async () => {
    await start({ maxSessions: 1 });
    const proxy = await CuttingProxy.start(server.port);
    try {
      const lease = bench.acquire(`opc.${proxy.url}`);
      await lease.ready(never);
      const gone = lost(lease);
      proxy.cut();
      await gone;
      await lease.release();
      expect((await bench.acquire(`opc.${proxy.url}`).ready(never)).generation).toBe(1);
      expect(server.sessionCount).toBe(1);
    } finally {
      await proxy.stop();
    }
  });

  it('leaves no session at the server when it is given back right after the loss, and nobody asks for one again', async () => {
    await start();
    const proxy = await CuttingProxy.start(server.port);
    const options = { securityPolicy: 'auto', securityMode: 'auto' } as const;
    try {
      await bench
        .acquire(server.endpoint, options)
        .ready(never)
        .catch(() => bench.trustRejected());
      await bench.releaseAll();
      for (let round = 0; round < 5; round += 1) {
        const lease = bench.acquire(`opc.${proxy.url}`, options);
        await lease.ready(never);
        const gone = lost(lease);
        proxy.cut();
        await gone;
        await within(lease.release(), 5000, 'release');
        expect(server.sessionCount).toBe(0);
      }
    } finally {
      await proxy.stop();
    }
  });

  it('is given back in time where the lost server does not answer any more', async () => {
    await start();
    const proxy = await CuttingProxy.start(server.port);
    const { url } = proxy;
    const lease = bench.acquire(`opc.${url}`);
    await lease.ready(never);
    const gone = lost(lease);
    proxy.cut();
    await gone;
    await proxy.stop();
    const silent = await silentServer(Number(/\d+$/.exec(url)?.[0]));
    try {
      await within(lease.release(), 5000, 'release');
    } finally {
      await silent.close();
    }
  });

  it('survives a connection that breaks at any moment, again and again, without piling anything up', async () => {
    await start();
    const proxy = await CuttingProxy.start(server.port);
    const options = { securityPolicy: 'Basic256Sha256', securityMode: 'SignAndEncrypt', timeoutMs: 2000 } as const;
    try {
      const lease = bench.acquire(`opc.${proxy.url}`, options);
      await lease.ready(never).catch(() => undefined);
      await bench.trustRejected();
      await lease.ready(never);
      const before = countHandles();
      for (let cut = 0; cut < 12; cut += 1) {
        proxy.cut();
        await new Promise((resolve) => setTimeout(resolve, (cut * 53) % 400));
      }
      const deadline = Date.now() + 8000;
      let session: UaSession | undefined;
      while (session === undefined && Date.now() < deadline) session = await lease.ready(never).catch(() => undefined);
      expect(await readState(session!)).toBe('Good');
      // One of which this side never learned (its answer was cut off) stays until the server times it out.
      expect(server.sessionCount).toBeLessThanOrEqual(3);
      await expectNoNewHandles(before, 3000);
    } finally {
      await proxy.stop();
    }
  });

  it('says that the server has no session left, and gets one when there is one', async () => {
    await start({ maxSessions: 1 });
    const holder = bench.acquire(server.endpoint, { applicationName: 'Holder' });
    await holder.ready(never);
    const lease = bench.acquire(server.endpoint);
    await expect(lease.ready(never)).rejects.toMatchObject({
      code: 'OPCUA_BadTooManySessions',
      advice: expect.stringContaining('other clients'),
    });
    await holder.release();
    expect((await lease.ready(never)).generation).toBe(1);
  });

  it('hands the place on when a node is redeployed at a server with one session', async () => {
    await start({ maxSessions: 1 });
    const before = bench.acquire(server.endpoint);
    await before.ready(never);
    const releasing = before.release();
    const after = bench.acquire(server.endpoint);
    await after.ready(never);
    await releasing;
    expect(server.sessionCount).toBe(1);
  });

  it('respects the limits the server sets', async () => {
    await start({ operationLimits: { maxNodesPerRead: 3, maxNodesPerWrite: 100, maxMonitoredItemsPerCall: 50 } });
    const { operationLimits } = await bench.acquire(server.endpoint).ready(never);
    expect(operationLimits).toMatchObject({ maxNodesPerRead: 3, maxNodesPerWrite: 100, maxMonitoredItemsPerCall: 50 });
    expect(Math.min(...Object.values(operationLimits))).toBeGreaterThan(0);
  });

  it('leaves no socket and no timer behind, connected or not', async () => {
    await start();
    const other = bench.acquire(server.endpoint); // loads the library, makes the certificate
    await other.ready(never);
    await other.release();
    const before = countHandles();
    const lease = bench.acquire(server.endpoint);
    await lease.ready(never);
    await within(lease.release(), 5000, 'release');
    const early = bench.acquire(server.endpoint);
    const attempt = early.ready(never).catch((error: unknown) => error);
    await within(early.release(), 5000, 'release in the middle of connecting');
    expect(await attempt).toBeInstanceOf(DeviceError);
    await expectNoNewHandles(before);
    expect(server.sessionCount).toBe(0);
  });

  it('stops trying once nobody wants the session any more', async () => {
    await start();
    const lease = bench.acquire(server.endpoint);
    await lease.ready(never);
    const before = countHandles();
    const gone = lost(lease);
    await server.stop();
    await gone;
    await within(lease.release(), 5000, 'release during recovery');
    await expectNoNewHandles(before);
  });
});

it('tells a refused connection, an unknown host and a bad URL apart', async () => {
  const refused = bench.acquire(`opc.tcp://127.0.0.1:${await freePort()}`).ready(never);
  await expect(refused).rejects.toMatchObject({
    code: 'CONNECT_FAILED',
    message: expect.stringContaining('nothing listens'),
  });
  const secured = bench.acquire(`opc.tcp://127.0.0.1:${await freePort()}`, {
    securityPolicy: 'auto',
    securityMode: 'auto',
  });
  await expect(secured.ready(never)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
  const unknown = bench.acquire('opc.tcp://no-such-host.invalid:4840').ready(never);
  await expect(unknown).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
});

it('gives up on a host that accepts and then says nothing, and closes in time', async () => {
  const silent = await silentServer();
  try {
    for (const security of [{}, { securityPolicy: 'auto', securityMode: 'auto' }] as const) {
      const lease = bench.acquire(`opc.tcp://127.0.0.1:${silent.port}`, { ...security, timeoutMs: 500 });
      await expect(within(lease.ready(never), 4000, 'ready')).rejects.toMatchObject({ code: 'TIMEOUT' });
      await within(lease.release(), 5000, 'release');
      const patient = bench.acquire(`opc.tcp://127.0.0.1:${silent.port}`, { ...security, timeoutMs: 60_000 });
      const attempt = patient.ready(never).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await within(patient.release(), 5000, 'release');
      expect(await attempt).toMatchObject({ code: 'CLOSED' });
    }
  } finally {
    await silent.close();
  }
});

it('does not take the making of its own key for a server that does not answer in time', async () => {
  const server = await new OpcUaTestServer().start();
  const pki = await bench.pki();
  const make = pki.ownCertificate.bind(pki);
  vi.spyOn(pki, 'ownCertificate').mockImplementationOnce(async (name) => {
    // As on a machine that has no time for it.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    return make(name);
  });
  try {
    expect((await bench.acquire(server.endpoint, { timeoutMs: 1000 }).ready(never)).generation).toBe(1);
  } finally {
    await server.remove();
  }
});

it('settles ready when the caller gives up, without harm to the others', async () => {
  const server = await new OpcUaTestServer().start();
  try {
    const [one, two] = [bench.acquire(server.endpoint), bench.acquire(server.endpoint)];
    const controller = new AbortController();
    const given = one.ready(controller.signal).catch((error: unknown) => error);
    const other = two.ready(never);
    controller.abort();
    expect(await given).toMatchObject({ code: 'CLOSED' });
    expect((await other).generation).toBe(1);
  } finally {
    await server.remove();
  }
});

describe.runIf(asyncuaAvailable())('asyncua server', () => {
  const server = new AsyncuaServer();
  afterEach(() => server.remove());

  it('recovers from a server that was killed, and notices one that hangs', async () => {
    await server.start();
    const lease = bench.acquire(server.endpoint, { timeoutMs: 2000 });
    await lease.ready(never);
    let [gone, back] = [lost(lease), restored(lease)];
    await server.stop();
    expect(await within(gone, 5000, 'noticing the kill')).toMatchObject({ code: 'LINK_LOST' });
    await server.start();
    await within(back, 5000, 'the recovery');
    expect((await lease.ready(never)).generation).toBe(2);

    [gone, back] = [lost(lease), restored(lease)];
    server.freeze();
    expect((await within(gone, 15_000, 'noticing the silence')).code).toMatch(/TIMEOUT|LINK_LOST/);
    server.resume();
    await within(back, 10_000, 'the recovery');
    expect((await lease.ready(never)).generation).toBe(3);
  });
});
