import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Preloaded (`--import`) into a process under measurement. Answers each message `probe` on its channel with what happened
 * since the last one: `{ cpuMs, wallMs, rssBytes, delayP50Ms, delayP99Ms }`; and each message `live` with `{ heapBytes }`, what
 * is left after a full collection (which the process must have been started with `--expose-gc` for).
 */
const RESOLUTION_MS = 10;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let cpu = process.cpuUsage();
let since = performance.now();

process.on('message', (message) => {
  if (message === 'live') {
    globalThis.gc();
    process.send({ heapBytes: process.memoryUsage().heapUsed });
    return;
  }
  if (message !== 'probe') return;
  const used = process.cpuUsage(cpu);
  const now = performance.now();
  // The histogram holds the whole interval between two looks, of which the resolution is wanted, not a delay.
  const late = (percentile) => Math.max(0, delay.percentile(percentile) / 1e6 - RESOLUTION_MS);
  process.send({
    cpuMs: (used.user + used.system) / 1_000,
    wallMs: now - since,
    rssBytes: process.memoryUsage.rss(),
    delayP50Ms: late(50),
    delayP99Ms: late(99),
  });
  cpu = process.cpuUsage();
  since = now;
  delay.reset();
});
