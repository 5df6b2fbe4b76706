import { startCse } from './cse/cse.mjs';

/**
 * Two oneM2M CSEs on the broker, each with an HTTP port as well: a backend `/in-cse-1`, and a gateway `/mn-cse-1` that is
 * registered with it, so that requests go from one to the other both ways. Their CSEBases are called `onem2m`.
 */
export async function startCses(brokerUrl) {
  const backend = await startCse({ id: '/in-cse-1', brokerUrl, http: {} });
  try {
    const registrar = { id: backend.id, base: backend.base };
    const gateway = await startCse({ id: '/mn-cse-1', brokerUrl, http: {}, registrar });
    return {
      inCse: backend.httpUrl,
      mnCse: gateway.httpUrl,
      async stop() {
        await gateway.stop();
        await backend.stop();
      },
    };
  } catch (error) {
    await backend.stop();
    throw error;
  }
}
