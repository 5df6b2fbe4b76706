import { significant } from '../lib/statistics.mjs';
import { BARE, NODE_RED_ALONE, OURS, OURS_SMALL, THINGSBOARD_RANGES, THINGSBOARD_TAGS } from './contenders.mjs';

/** How many times the CPU of the bare program ours may take. */
const BARE_AIMS = [
  { devices: 10, registers: 1000, aim: 2 },
  { devices: 100, registers: 100, aim: 1.7 },
];
/** How many times less CPU than ThingsBoard's gateway, at 10 x 1000. */
const THINGSBOARD_AIMS = [
  { rival: THINGSBOARD_TAGS, aim: 20 },
  { rival: THINGSBOARD_RANGES, aim: 10 },
];
/** MB above Node-RED alone, at 10 x 1000. */
const MEMORY_AIMS = [
  { contender: OURS, aim: 60 },
  { contender: OURS_SMALL, aim: 35 },
];
/** Of one process at 100 x 1000. */
const LARGE_AIMS = [
  { what: 'CPU', unit: '% of a core', aim: 27, pick: ({ cores }) => cores * 100 },
  { what: 'memory', unit: 'MB', aim: 450, pick: ({ megabytes }) => megabytes },
  { what: 'start', unit: 's', aim: 3, pick: ({ startMs }) => startMs / 1000 },
  { what: 'event-loop delay p99', unit: 'ms', aim: 15, pick: ({ delayP99Ms }) => delayP99Ms },
];
const FULL = 0.95;

/** What was measured how, and the aims with what came of them. `refusal`: why ThingsBoard's gateway is not there. */
export function notes(results, refusal) {
  const find = (contender, devices, registers) =>
    results.find((one) => one.contender === contender && one.devices === devices && one.registers === registers);
  return [
    'Each device has a socket and 100 or 1000 registers of type uint16, all of which change each second. Modbus server (one for all), broker (mosquitto) and counter are processes of their own and not counted; CPU (user and system) and memory (resident set) are told by the measured process itself.',
    "Ours, Node-RED alone and the bare program ran at the same time, at all sizes up to 10,000 values a second, and for a minute before they were measured; ThingsBoard's gateway beside them, each size and way by itself; 100 x 1000 by itself. Where the machine is noisy, compare the CPU a value.",
    'The bare program has the same sockets, the same requests of up to 125 registers one after the other, numbers, JSON.stringify and MQTT.js, and nothing else: no quality, no times, no checks.',
    ...(refusal === undefined
      ? [
          "ThingsBoard's gateway has rate limits, statistics and logs off; its process is Python's. Tag by tag is how its dialog and examples describe a device, one request a register.",
        ]
      : [`ThingsBoard's gateway is left out: it cannot be installed from PyPI (${refusal}).`]),
    ...bareNotes(find),
    ...thingsBoardNotes(find),
    ...memoryNotes(results, find),
    ...largeNotes(find),
    ...shortNotes(results),
  ];
}

const verdict = (isMet) => (isMet ? 'met' : 'missed');

const bareNotes = (find) =>
  BARE_AIMS.map(({ devices, registers, aim }) => {
    const ratio = find(OURS, devices, registers).perValue / find(BARE, devices, registers).perValue;
    return `${devices} x ${registers}: CPU a value as a multiple of the bare program: ${significant(ratio)}; the aim is at most ${aim}: ${verdict(ratio <= aim)}.`;
  });

const thingsBoardNotes = (find) =>
  THINGSBOARD_AIMS.flatMap(({ rival, aim }) => {
    const theirs = find(rival, 10, 1000);
    if (theirs === undefined) return [];
    const ratio = theirs.perValue / find(OURS, 10, 1000).perValue;
    return `10 x 1000: CPU a value ${significant(ratio)} times less than ${rival.name}; the aim is at least ${aim}: ${verdict(ratio >= aim)}.`;
  });

function memoryNotes(results, find) {
  const alone = results.find(({ contender }) => contender === NODE_RED_ALONE).megabytes;
  return MEMORY_AIMS.map(({ contender, aim }) => {
    const above = find(contender, 10, 1000).megabytes - alone;
    return `10 x 1000: memory of ${contender.name} above Node-RED alone: ${significant(above)} MB; the aim is at most ${aim} MB: ${verdict(above <= aim)}.`;
  });
}

function largeNotes(find) {
  const large = find(OURS, 100, 1000);
  if (large === undefined) return ['100 x 1000 is measured with `DEVICELINK_LONG=1`.'];
  const parts = LARGE_AIMS.map(({ what, unit, aim, pick }) => {
    const value = pick(large);
    return `${what} ${significant(value)} ${unit} (at most ${aim}: ${verdict(value <= aim)})`;
  });
  return [`100 x 1000 in one process: ${parts.join(', ')}.`];
}

/** Who did not do the whole job. */
const shortNotes = (results) =>
  results.flatMap(({ contender, devices, registers, perSecond }) => {
    if (perSecond >= FULL * devices * registers) return [];
    return `${devices} x ${registers}: ${contender.name} published ${significant(perSecond)} of ${devices * registers} values a second.`;
  });
