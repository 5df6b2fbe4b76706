import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger,
} from 'node-opcua';
import { freePort } from '../../scripts/demo/free-port.mjs';

/**
 * `server.mjs <count> <interval ms>`: a node-opcua server without security and `count` variables `ns=1;s=v0`, `v1`, ... of type
 * Double, all of which get a new value once an interval. Sends `{ endpoint }` to its parent; ends when that is gone.
 */
const [count, intervalMs] = process.argv.slice(2).map(Number);

setWarningLogger(() => {});
setErrorLogger(() => {});
const directory = await mkdtemp(join(tmpdir(), 'devicelink-bench-opcua-'));
const store = (name) =>
  new OPCUACertificateManager({
    rootFolder: join(directory, name),
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  });
const server = new OPCUAServer({
  host: '127.0.0.1',
  hostname: '127.0.0.1',
  port: await freePort(),
  serverCertificateManager: store('pki'),
  userCertificateManager: store('users'),
  securityPolicies: [SecurityPolicy.None],
  securityModes: [MessageSecurityMode.None],
  maxConnectionsPerEndpoint: 100,
  serverCapabilities: { maxSessions: 100 },
});
await server.initialize();
const namespace = server.engine.addressSpace.getOwnNamespace();
const folder = namespace.addFolder('ObjectsFolder', { browseName: 'Bench' });
const variables = Array.from({ length: count }, (_, index) =>
  namespace.addVariable({
    componentOf: folder,
    browseName: `v${index}`,
    nodeId: `s=v${index}`,
    dataType: DataType.Double,
    minimumSamplingInterval: 0,
  }),
);
let round = 0;
const renew = () => {
  round += 1;
  variables.forEach((variable, index) =>
    variable.setValueFromSource({ dataType: DataType.Double, value: round * count + index }),
  );
};
renew();
await server.start();
const clock = setInterval(renew, intervalMs);

process.once('disconnect', async () => {
  clearInterval(clock);
  await server.shutdown(0);
  await rm(directory, { recursive: true, force: true });
  process.exit(0);
});
process.send({ endpoint: server.getEndpointUrl() });
