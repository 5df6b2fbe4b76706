/**
 * What one would write by hand with node-opcua-client: a session, one subscription for all nodes, and the last value of each.
 * See contender.mjs for what it answers to.
 */
import { serve } from './contender.mjs';

await serve(async ({ endpoint, nodes, publishingMs, directory }) => {
  const opcua = await import('node-opcua-client');
  const { OPCUACertificateManager } = await import('node-opcua-certificate-manager');
  const clientCertificateManager = new OPCUACertificateManager({ rootFolder: directory });
  const client = opcua.OPCUAClient.create({ endpointMustExist: false, clientCertificateManager });
  await client.connect(endpoint);
  const session = await client.createSession();
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: publishingMs,
    requestedMaxKeepAliveCount: 10,
    requestedLifetimeCount: 100,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });
  const items = nodes.map((nodeId) => ({ nodeId, attributeId: opcua.AttributeIds.Value }));
  const values = new Map();
  let updates = 0;
  const group = await subscription.monitorItems(
    items,
    { samplingInterval: publishingMs, queueSize: 1, discardOldest: true },
    opcua.TimestampsToReturn.Both,
  );
  group.on('changed', (_item, { value, statusCode, sourceTimestamp }, index) => {
    updates += 1;
    values.set(nodes[index], { value: value.value, statusCode, sourceTimestamp });
  });
  return {
    values: () => values.size,
    updates: () => updates,
    async read() {
      const results = await session.read(items);
      if (results.some(({ value }) => typeof value.value !== 'number')) throw new Error('not all values could be read');
    },
  };
});
