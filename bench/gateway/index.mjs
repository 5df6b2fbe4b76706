import { significant } from '../lib/statistics.mjs';
import { BARE, NODE_RED_ALONE, OURS, OURS_SMALL, THINGSBOARD_RANGES, THINGSBOARD_TAGS } from './contenders.mjs';
import { measureTogether } from './measure.mjs';
import { notes } from './notes.mjs';
import { installThingsBoard } from './thingsboard.mjs';

/**
 * Who is measured at which size. Those of one group run at the same time, so that whatever else the machine does meets all of
 * them alike; those that load it much run by themselves.
 */
const SIZES = [
  { devices: 1, registers: 100, groups: [[NODE_RED_ALONE, OURS, BARE], [THINGSBOARD_TAGS], [THINGSBOARD_RANGES]] },
  { devices: 10, registers: 1000, groups: [[OURS, OURS_SMALL, BARE], [THINGSBOARD_TAGS], [THINGSBOARD_RANGES]] },
  { devices: 100, registers: 100, groups: [[OURS, BARE]] },
];

const LONG_SIZES = [{ devices: 100, registers: 1000, groups: [[OURS], [OURS_SMALL], [BARE]] }];

/** Modbus TCP to MQTT, QoS 1, each second: what it costs the process that does it. */
export async function run({ repetitions }) {
  const refusal = installThingsBoard();
  const isLeftOut = (contender) => refusal !== undefined && contender.counted === 'thingsboard';
  const sizes = process.env.DEVICELINK_LONG === '1' ? [...SIZES, ...LONG_SIZES] : SIZES;
  const results = [];
  for (const { devices, registers, groups } of sizes) {
    for (const group of groups) {
      const contenders = group.filter((contender) => !isLeftOut(contender));
      if (contenders.length === 0) continue;
      results.push(...(await measureTogether(contenders, { devices, registers }, repetitions)));
    }
  }
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
    rows: results.map(rowOf),
    notes: notes(results, refusal),
  };
}

function rowOf({ contender, devices, registers, startMs, ...result }) {
  const { requestsPerSecond, perSecond, cores, perValue, megabytes, delayP50Ms, delayP99Ms } = result;
  const size = contender.counted === undefined ? '' : `${devices} x ${registers}`;
  const figures = [requestsPerSecond, perSecond, cores * 100, perValue, megabytes, delayP50Ms, delayP99Ms];
  const seconds = startMs === undefined ? undefined : startMs / 1000;
  return [
    size,
    contender.name,
    ...[...figures, seconds].map((value) => (value === undefined ? '' : significant(value))),
  ];
}
