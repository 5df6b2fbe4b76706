import type { Request } from 'express';
import type { NodeAPI } from 'node-red';
import { isRecord } from '../../base/records';
import { DeviceError } from '../../base/errors';
import { show } from '../../base/fields/fields';
import { directory } from '../common/directory';
import { EXTENSION_TYPE } from '../common/mqtt-users';
import { destinationOfType, type DestinationOf } from './destination';
import { mayWriteFlows } from './permissions';
import { deployedSubject, prepareSubject, type Subject } from './subject';

/** A device with the extension it is to publish through, or an extension alone. */
export interface ProbeSubjects {
  readonly device?: Subject;
  readonly extension?: Subject;
}

/**
 * Reads the body of `POST /devicelink/test`:
 * `{ type, id?, config, credentials?, extension?: { id?, config, credentials? } }`, a node as its dialog would save it.
 * Without `extension` the deployed one that `config.mqtt` names is used. Credentials that are absent or the editor's
 * placeholder are the stored ones of the node `id`. Throws a DeviceError (CONFIG) for a body of another form.
 */
export function readProbeRequest(RED: NodeAPI, request: Request): ProbeSubjects {
  const body = asObject(request.body, 'the body');
  const read = (from: Record<string, unknown>, type: string, path: string): Subject =>
    readSubject(RED, request, from, { type, path, destinationOf: destinationOfType(type) });
  const type = body['type'];
  if (type === EXTENSION_TYPE) return { extension: read(body, EXTENSION_TYPE, '') };
  if (typeof type !== 'string' || directory.kind(type) === undefined) {
    throw new DeviceError(
      'CONFIG',
      `type: must be a device type of this package or ${EXTENSION_TYPE}, got ${show(type)}`,
    );
  }
  const device = read(body, type, '');
  const extension =
    body['extension'] === undefined
      ? deployedExtension(RED, device.config['mqtt'])
      : read(asObject(body['extension'], 'extension'), EXTENSION_TYPE, 'extension.');
  return { device, ...(extension === undefined ? {} : { extension }) };
}

/** How a node of a body is to be read. */
export interface SubjectOptions {
  readonly type: string;
  /** Where it is in the body (`extension.`). */
  readonly path: string;
  readonly destinationOf: DestinationOf;
}

/** One node of a body, as above. Throws a DeviceError (CONFIG) for another form. */
export function readSubject(
  RED: NodeAPI,
  request: Request,
  from: Record<string, unknown>,
  { type, path, destinationOf }: SubjectOptions,
): Subject {
  const id = typeof from['id'] === 'string' ? from['id'] : '';
  const config = asObject(from['config'], `${path}config`);
  const credentials = from['credentials'] === undefined ? {} : asObject(from['credentials'], `${path}credentials`);
  return prepareSubject(RED, { type, id, config, credentials }, destinationOf, mayWriteFlows(request));
}

/** The extension that `config.mqtt` names, as it is deployed. */
export function deployedExtension(RED: NodeAPI, id: unknown): Subject | undefined {
  return typeof id === 'string' ? deployedSubject(RED, id, EXTENSION_TYPE) : undefined;
}

/** @throws DeviceError CONFIG, naming `field` */
export function asObject(value: unknown, field: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new DeviceError('CONFIG', `${field}: must be an object, got ${show(value)}`);
}
