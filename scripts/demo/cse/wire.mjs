import { Encoder } from 'cbor-x';
import { formatTime } from './base/times.mjs';

// Plain maps with short names, as cbor-x and ACME understand each other.
const cbor = new Encoder({ useRecords: false, mapsAsObjects: true });

/** @returns the primitive; undefined: it is not one */
export function decode(payload, serialization) {
  try {
    const value = serialization === 'cbor' ? cbor.decode(payload) : JSON.parse(payload.toString());
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param habits `writesFloats` counts for JSON only */
export function encode(primitive, serialization, habits) {
  if (serialization === 'cbor') return cbor.encode(JSON.parse(JSON.stringify(primitive)));
  return Buffer.from(habits.writesFloats ? withFloats(primitive) : JSON.stringify(primitive));
}

/** JSON in which whole numbers end in `.0`. */
function withFloats(value) {
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}.0` : String(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => withFloats(each ?? null)).join(',')}]`;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${withFloats(each)}`).join(',')}}`;
}

/**
 * The response primitive for a result, with the members of the flavour in its order.
 *
 * @param result `{ rsc, pc?, cts?, cto?, rvi? }`
 */
export function answerTo(cse, request, result) {
  const { habits } = cse;
  const isEchoed = habits.answerAddresses === 'echoed';
  const members = {
    rsc: result.rsc,
    rqi: request.rqi,
    // A new AE is told its id there too.
    to: isEchoed ? request.to : (result.pc?.['m2m:ae']?.aei ?? request.fr),
    fr: isEchoed ? request.fr : cse.id,
    ot: formatTime(cse.now(), habits.timeDigits),
    rvi: result.rvi ?? request.rvi ?? habits.defaultRelease,
    drt: 1,
    pc: result.pc,
  };
  const response = Object.fromEntries(habits.answerMembers.map((name) => [name, members[name]]));
  for (const name of ['cts', 'cto']) {
    if (result[name] !== undefined) response[name] = result[name];
  }
  return response;
}
