import { asRecord, isRecord } from '../../../base/records';
import type { AeMessage } from '../model/messages';

/** A property as a message of a `*-device` node tells it. */
export interface ReportedProperty {
  readonly name: string;
  readonly type?: string;
  readonly unit?: string;
  /** JSON-safe, as in `msg.status`. */
  readonly value: unknown;
  /** `value` was computed with the property's operations: it need not be of its `type`. */
  readonly isOperated?: true;
  readonly isGood: boolean;
  /** Its value or quality differs from what the message before told. */
  readonly hasChanged: boolean;
}

/** What a message of a `*-device` node says (docs/contract.md#messages-of-a-device-node). */
export interface DeviceReport {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** `modbus`, `dummy`, ... */
  readonly protocol: string;
  readonly properties: readonly ReportedProperty[];
}

/**
 * The report in a message that a `*-device` node sent by itself or answered; undefined where it is any other message, and where
 * `msg.operation` asks for something else. Without `msg.changed` every property counts as changed.
 */
export function readDeviceReport(msg: AeMessage): DeviceReport | undefined {
  if (msg['operation'] !== undefined && msg['operation'] !== '') return undefined;
  const device = asRecord(msg['device']);
  const listed = asRecord(msg['status'])['properties'];
  const uid = textOf(device['uid']);
  const name = textOf(device['name']);
  if (uid === undefined || name === undefined || !Array.isArray(listed)) return undefined;
  const changed: unknown = msg['changed'];
  const properties = listed.flatMap((item: unknown) => {
    return isRecord(item) ? readProperty(item, Array.isArray(changed) ? changed : undefined) : [];
  });
  return {
    name,
    uid,
    namespace: textOf(device['namespace']) ?? 'default',
    protocol: textOf(device['protocol']) ?? '',
    properties,
  };
}

function readProperty(
  raw: Readonly<Record<string, unknown>>,
  changed: readonly unknown[] | undefined,
): ReportedProperty[] {
  const name = textOf(raw['name']);
  if (name === undefined) return [];
  const type = textOf(raw['type']);
  const unit = textOf(raw['unit']);
  return [
    {
      name,
      ...(type === undefined ? {} : { type }),
      ...(unit === undefined ? {} : { unit }),
      value: raw['value'],
      ...(raw['raw'] === undefined ? {} : { isOperated: true }),
      isGood: raw['quality'] === 'good' && raw['value'] !== undefined,
      hasChanged: changed?.includes(name) ?? true,
    },
  ];
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
