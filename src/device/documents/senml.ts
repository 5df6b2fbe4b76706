import type { DeviceSnapshot, PropertyState } from '../snapshot';
import { base64ToBytes, bytesToBase64 } from '../../base/values/byte-text';
import { valueAsText, valueJson } from './property-json';

/** A record of a SenML pack: at most one of `v`, `vb`, `vs`, `vd`. `t` is in seconds since the epoch. */
export interface SenmlRecord {
  readonly bn?: string;
  readonly n: string;
  readonly u?: string;
  readonly v?: number;
  readonly vb?: boolean;
  readonly vs?: string;
  readonly vd?: string;
  readonly t?: number;
}

/**
 * The device's values as a SenML pack (RFC 8428, JSON form). The base name is `<namespace>/<name>/`; units are passed as
 * configured (RFC 8428 wants those of its registry: `Cel`, `%RH`, ...). Finite numbers are `v`, booleans `vb`, bytes and
 * `base64String` `vd` (URL-safe Base64 without padding), everything else `vs`: text, dates in ISO 8601, 64-bit integers
 * (of no such type: those too large for a number), arrays and objects as JSON. Properties never read, and NaN, for which SenML has nothing, are left out.
 */
export function senmlPack({ device, properties }: DeviceSnapshot): SenmlRecord[] {
  const used = new Set<string>();
  const records = properties.flatMap((property) => {
    const value = senmlValue(property);
    if (value === undefined) return [];
    const { unit } = property;
    const time = timeOf(property);
    return {
      n: uniqueName(property.name, used),
      ...(unit === undefined ? {} : { u: unit }),
      ...value,
      ...(time === undefined ? {} : { t: time / 1000 }),
    };
  });
  const [first, ...others] = records;
  const baseName = `${senmlName(device.namespace)}/${senmlName(device.name)}/`.replace(/^[^A-Za-z0-9]+/, '');
  return first === undefined ? [] : [{ bn: baseName, ...first }, ...others];
}

/** Times below 2^28 s (July 1978) are relative to now by RFC 8428, section 4.5.3, as if a clock that was never set were right. */
const FIRST_ABSOLUTE_MS = 2 ** 28 * 1000;

/** When the value arose, else when it came here; undefined, which stands for now, where neither can be told. */
const timeOf = ({ sourceTimestamp, updatedAt }: PropertyState): number | undefined =>
  [sourceTimestamp, updatedAt].find((time) => time !== undefined && time >= FIRST_ABSOLUTE_MS);

function senmlValue(property: PropertyState): Pick<SenmlRecord, 'v' | 'vb' | 'vs' | 'vd'> | undefined {
  const { type, value } = property;
  if (value === undefined || value === null) return undefined;
  if (value instanceof Uint8Array) return { vd: base64Url(value) };
  if (type === 'base64String' && typeof value === 'string') {
    const bytes = base64ToBytes(value);
    return bytes === undefined ? { vs: value } : { vd: base64Url(bytes) };
  }
  if (typeof value === 'boolean') return { vb: value };
  const json = valueJson(property);
  if (typeof json === 'number') return { v: json };
  return typeof value === 'number' ? undefined : { vs: valueAsText(property) };
}

const base64Url = (bytes: Uint8Array): string =>
  bytesToBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

/** RFC 8428 section 4.5.1 allows letters, digits and `-:./_` in names. */
const senmlName = (name: string): string => name.replace(/[^A-Za-z0-9\-:./_]/g, '_');

/** Two properties must not become one when their names are made to fit. */
function uniqueName(name: string, used: Set<string>): string {
  const base = senmlName(name);
  let unique = base;
  for (let count = 2; used.has(unique); count += 1) unique = `${base}_${count}`;
  used.add(unique);
  return unique;
}
