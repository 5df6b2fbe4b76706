import { setTimeout as sleep } from 'node:timers/promises';
import { significant } from '../lib/statistics.mjs';
import { BARE, NODE_RED_ALONE, OURS, OURS_SMALL, THINGSBOARD_RANGES, THINGSBOARD_TAGS } from './contenders.mjs';
import { measure, startAll } from './measure.mjs';
import { notes } from './notes.mjs';
import { startSurroundings } from './surroundings.mjs';
import { installThingsBoard } from './thingsboard.mjs';

const ONE = { devices: 1, registers: 100 };
const FEW = { devices: 10, registers: 1000 };
const MANY = { devices: 100, registers: 100 };
const LARGE = { devices: 100, registers: 1000 };

const at = (size, ...contenders) => contenders.map((contender) => ({ contender, ...size }));

/**
 * These run at the same time, so that whatever else the machine does meets all of them alike. It is most of a minute until the
 * compiler has come to rest and the old generation is as large as it gets: meanwhile the others are measured.
 */
const TOGETHER = {
  jobs: [
    ...at({ devices: 0, registers: 0 }, NODE_RED_ALONE),
    ...at(ONE, OURS, BARE),
    ...at(FEW, OURS, OURS_SMALL, BARE),
    ...at(MANY, OURS, BARE),
  ],
  warmUpMs: 60_000,
  windowMs: 4_000,
};
/** Loads a core so much that it runs by itself. It needs some seconds to work off what has gathered at its start. */
const THINGSBOARD = {
  jobs: [...at(ONE, THINGSBOARD_TAGS, THINGSBOARD_RANGES), ...at(FEW, THINGSBOARD_TAGS, THINGSBOARD_RANGES)],
  warmUpMs: 8_000,
  windowMs: 2_000,
};
const BY_THEMSELVES = { jobs: at(LARGE, OURS, OURS_SMALL, BARE), warmUpMs: 40_000, windowMs: 4_000 };

/** Modbus TCP to MQTT, QoS 1, each second: what it costs the process that does it. */
export async function run({ repetitions }) {
  const refusal = installThingsBoard();
  const rivals = refusal === undefined ? THINGSBOARD : { ...THINGSBOARD, jobs: [] };
  const results = await measureTogether(TOGETHER, repetitions, () => measureInTurn(rivals, repetitions));
  if (process.env.DEVICELINK_LONG === '1') results.push(...(await measureInTurn(BY_THEMSELVES, repetitions)));
  return {
    title: 'Gateway: Modbus TCP to MQTT (QoS 1), each second',
    columns: [
      'devices x registers',
      '',
      'requests/s',
      'values/s',
      'CPU, % of a core',
      'CPU a value, µs',
      'memory, MB',
      'event-loop delay p50, ms',
      'p99, ms',
      'all devices published after, s',
    ],
    rows: [ONE, FEW, MANY, LARGE].flatMap((size) => results.filter((result) => isOf(size, result)).map(rowOf)),
    notes: notes(results, refusal),
  };
}

/** `meanwhile` answers results of its own, which come last. */
async function measureTogether({ jobs, warmUpMs, windowMs }, repetitions, meanwhile = () => []) {
  const surroundings = await startSurroundings(jobs.reduce((sum, { devices }) => sum + devices, 0));
  try {
    const running = await startAll(jobs, surroundings);
    try {
      const warm = sleep(warmUpMs);
      const others = await meanwhile();
      await warm;
      return [...(await measure(running, surroundings, { windowMs, repetitions })), ...others];
    } finally {
      for (const { process } of running) await process.stop();
    }
  } finally {
    await surroundings.stop();
  }
}

async function measureInTurn({ jobs, ...times }, repetitions) {
  const results = [];
  for (const job of jobs) results.push(...(await measureTogether({ jobs: [job], ...times }, repetitions)));
  return results;
}

/** Node-RED without devices stands beside the smallest. */
const isOf = (size, { devices, registers }) =>
  (devices === size.devices && registers === size.registers) || (devices === 0 && size === ONE);

function rowOf({ contender, devices, registers, startMs, ...result }) {
  const { requestsPerSecond, perSecond, cores, perValue, megabytes, delayP50Ms, delayP99Ms } = result;
  const size = devices === 0 ? '' : `${devices} x ${registers}`;
  const figures = [requestsPerSecond, perSecond, cores * 100, perValue, megabytes, delayP50Ms, delayP99Ms];
  const seconds = startMs === undefined ? undefined : startMs / 1000;
  return [
    size,
    contender.name,
    ...[...figures, seconds].map((value) => (value === undefined ? '' : significant(value))),
  ];
}
