import { Session } from 'node:inspector/promises';

/**
 * Preloaded (`--import`) into a process under the profiler. Answers each message `{ profileMs }` with what its functions took in
 * that time: `{ cpu, heap }`, V8's CPU profile and sampling heap profile, the second with what was collected meanwhile.
 */
const SAMPLING_US = 100;
const SAMPLING_BYTES = 8_192;

process.on('message', async (message) => {
  if (message.profileMs === undefined) return;
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_US });
  await session.post('Profiler.start');
  await sleep(message.profileMs);
  const { profile: cpu } = await session.post('Profiler.stop');
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLING_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await sleep(message.profileMs);
  const { profile: heap } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  process.send({ cpu, heap });
});

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
