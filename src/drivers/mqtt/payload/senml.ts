import { base64ToBytes } from '../../../base/values/byte-text';
import { isRecord } from '../../../base/records';
import { DeviceError, ErrorCode } from '../../../base/errors';

/** One measurement of a SenML pack, its base values resolved. */
export interface Measurement {
  readonly value: unknown;
  /** When it arose; ms since the epoch. */
  readonly time?: number;
}

/** A pack by record name; the whole name goes before the part behind the base name, which serves where it is no other record's. */
export type SenmlPack = ReadonlyMap<string, Measurement>;

/** Below this a time is relative to now (RFC 8428, 4.5.3). s */
const FIRST_ABSOLUTE_S = 2 ** 28;
const MAX_RECORDS = 10_000;

/** Labels of the CBOR form (RFC 8428, table 4), and the names they stand for. */
const CBOR_LABELS: ReadonlyMap<string, string> = new Map([
  ['-2', 'bn'],
  ['-3', 'bt'],
  ['-4', 'bu'],
  ['-5', 'bv'],
  ['-6', 'bs'],
  ['0', 'n'],
  ['1', 'u'],
  ['2', 'v'],
  ['3', 'vs'],
  ['4', 'vb'],
  ['5', 's'],
  ['6', 't'],
  ['8', 'vd'],
]);

/**
 * A decoded SenML pack (RFC 8428) in either form. Of several records with one name the last counts. A record with a sum and no value
 * has its sum. Throws a DeviceError BAD_RESPONSE.
 */
export function readSenml(pack: unknown, now: number): SenmlPack {
  if (!Array.isArray(pack)) throw bad('is no SenML pack: that is a list of records');
  if (pack.length > MAX_RECORDS) throw bad(`has ${pack.length} SenML records, more than ${MAX_RECORDS}`);
  const resolver = new Resolver(now);
  const whole = new Map<string, Measurement>();
  const short = new Map<string, Measurement>();
  for (const record of pack) {
    const found = resolver.next(record);
    if (found === undefined) continue;
    whole.set(found.name, found.measurement);
    short.set(found.shortName, found.measurement);
  }
  return new Map([...short, ...whole]);
}

class Resolver {
  private baseName = '';
  private baseTime = 0;
  private baseValue: number | undefined;

  constructor(private readonly now: number) {}

  next(given: unknown): { name: string; shortName: string; measurement: Measurement } | undefined {
    if (!isRecord(given)) throw bad('has a SenML record that is no object');
    const record = byName(given);
    this.takeBase(record);
    const shortName = textOf(record, 'n') ?? '';
    const name = this.baseName + shortName;
    const value = this.valueOf(record);
    if (value === undefined) return undefined;
    if (name === '') throw bad('has a SenML record without a name');
    const time = this.timeOf(record);
    return { name, shortName, measurement: { value, ...(time !== undefined && { time }) } };
  }

  private takeBase(record: ReadonlyMap<string, unknown>): void {
    this.baseName = textOf(record, 'bn') ?? this.baseName;
    this.baseTime = numberOf(record, 'bt') ?? this.baseTime;
    this.baseValue = numberOf(record, 'bv') ?? this.baseValue;
  }

  private valueOf(record: ReadonlyMap<string, unknown>): unknown {
    const v = numberOf(record, 'v');
    if (v !== undefined) return v + (this.baseValue ?? 0);
    if (record.has('vb')) return record.get('vb');
    if (record.has('vs')) return record.get('vs');
    if (record.has('vd')) return bytesOf(record.get('vd'));
    return numberOf(record, 's') ?? this.baseValue;
  }

  /** Undefined for "now", which is when the pack came. */
  private timeOf(record: ReadonlyMap<string, unknown>): number | undefined {
    const seconds = this.baseTime + (numberOf(record, 't') ?? 0);
    if (seconds === 0) return undefined;
    return seconds >= FIRST_ABSOLUTE_S ? seconds * 1000 : this.now + seconds * 1000;
  }
}

const byName = (record: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> =>
  new Map(Object.entries(record).map(([key, value]) => [CBOR_LABELS.get(key) ?? key, value]));

function numberOf(record: ReadonlyMap<string, unknown>, name: string): number | undefined {
  const value = record.get(name);
  if (value === undefined) return undefined;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw bad(`has a SenML record whose ${name} is no number`);
}

function textOf(record: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = record.get(name);
  if (value === undefined || typeof value === 'string') return value;
  throw bad(`has a SenML record whose ${name} is no text`);
}

function bytesOf(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  const bytes = typeof value === 'string' ? base64ToBytes(value.replace(/-/g, '+').replace(/_/g, '/')) : undefined;
  if (bytes === undefined) throw bad('has a SenML record whose vd is no Base64');
  return Buffer.from(bytes);
}

const bad = (problem: string): DeviceError => new DeviceError(ErrorCode.BAD_RESPONSE, `the payload ${problem}`);
