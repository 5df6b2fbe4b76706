import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addAggregateSupport,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger,
} from 'node-opcua';
import { freePort } from './free-port.mjs';
import { addMachine } from './opcua-machine.mjs';
import { addOctopusValues } from './opcua-octopus.mjs';

const STEP_MS = 500;

/** The one who may log in, besides everybody. */
export const DEMO_USER = Object.freeze({ name: 'operator', password: 'devicelink' });

const APPLICATION_URI = 'urn:devicelink:demo-server';

/**
 * The machine and the Octopus values as an OPC UA server on a free loopback port, with security None and Basic256Sha256
 * (Sign, SignAndEncrypt), for anonymous users and for `operator`. Any client certificate is taken.
 *
 * @param options.parent directory in which it makes one of its own for its key and certificates; removed when it stops
 * @param options.port default: a free one
 */
export async function startOpcUaServer({ machine, parent, port }) {
  setWarningLogger(() => {});
  setErrorLogger(() => {});
  await mkdir(parent, { recursive: true });
  const directory = await mkdtemp(join(parent, `run-${process.pid}-opcua-`));
  const stores = [];
  let server;
  let clock;
  const stop = async () => {
    clearInterval(clock);
    await server?.shutdown(0);
    for (const store of stores) await store.dispose();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const serverCertificateManager = await openStore(directory, 'pki', stores);
    const userCertificateManager = await openStore(directory, 'users', stores);
    server = new OPCUAServer({
      host: '127.0.0.1',
      hostname: '127.0.0.1',
      port: port ?? (await freePort()),
      serverCertificateManager,
      userCertificateManager,
      serverInfo: {
        applicationUri: APPLICATION_URI,
        productUri: APPLICATION_URI,
        applicationName: { text: 'DeviceLink demo' },
      },
      buildInfo: { productName: 'DeviceLink demo machine' },
      securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
      securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
      allowAnonymous: true,
      userManager: { isValidUser: (name, password) => name === DEMO_USER.name && password === DEMO_USER.password },
    });
    await server.initialize();
    const { addressSpace } = server.engine;
    addAggregateSupport(addressSpace);
    addressSpace.installAlarmsAndConditionsService();
    addOctopusValues(addressSpace.getOwnNamespace());
    const { refresh } = await addMachine(addressSpace, machine);
    await server.start();
    clock = setInterval(() => {
      machine.step();
      refresh();
    }, STEP_MS);
    return { endpoint: server.getEndpointUrl(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openStore(directory, name, stores) {
  const store = new OPCUACertificateManager({
    rootFolder: join(directory, name),
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  });
  await store.initialize();
  stores.push(store);
  return store;
}
