import { createHash } from 'node:crypto';
import { FieldReader } from '../../base/fields/fields';
import type { Checked } from '../../base/fields/problems';
import type { DeviceIdentity } from '../../base/identity';

/** The part of a Node-RED node that says which one it is. `_alias`: set in subflow instances, the id inside the subflow. */
export interface NodeIds {
  readonly id: string;
  readonly _alias?: string;
}

/**
 * Who a device is: `name` (default: the node's id), `namespace` (default `default`) and `uid` of its flow properties.
 *
 * Without a `uid` one is derived from the node's id, so it survives restarts and redeploys. All instances of a subflow
 * share the `uid` in its definition, so there it is always derived, from the `uid` and the instance's own id.
 */
export function readIdentity(
  raw: Readonly<Record<string, unknown>>,
  node: NodeIds,
  protocol: string,
): Checked<DeviceIdentity> {
  const reader = new FieldReader(raw);
  const name = reader.string('name').trim();
  const namespace = reader.string('namespace', 'default').trim();
  const uid = uidOf(reader.string('uid').trim(), node);
  return reader.check({ name: name === '' ? node.id : name, namespace, uid, protocol });
}

/** The `uid` of a flow, or one that is always the same for the same node. */
export function uidOf(given: string, node: NodeIds): string {
  if (given !== '' && node._alias === undefined) return given;
  return derivedUuid(`${given}/${node.id}`);
}

/** A UUID of version 5 shape (RFC 9562 5.5) made from a text. */
function derivedUuid(text: string): string {
  const bytes = createHash('sha1').update(`devicelink:${text}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
