import type { Node, NodeAPI } from 'node-red';
import { isRecord } from '../../base/records';
import { DeviceError } from '../../base/errors';
import { show } from '../../base/fields';
import type { Problem } from '../../base/problems';
import { directory } from '../common/directory';
import { replaceEnvironment, replaceInCredentials } from '../common/environment';
import { EXTENSION_TYPE } from '../common/mqtt-users';

/** How the editor stands for a stored password it was never given. */
const STORED = '__PWRD__';

/** One configuration to be tried: `${ENV}` replaced, stored credentials filled in. */
export interface Subject {
  readonly type: string;
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, string>>;
  /** References to variables that are not set. */
  readonly problems: readonly Problem[];
}

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
export function readProbeRequest(RED: NodeAPI, body: unknown): ProbeSubjects {
  const request = asObject(body, 'the body');
  const type = request['type'];
  if (type === EXTENSION_TYPE) return { extension: readSubject(RED, request, EXTENSION_TYPE, '') };
  if (typeof type !== 'string' || directory.kind(type) === undefined) {
    throw new DeviceError(
      'CONFIG',
      `type: must be a device type of this package or ${EXTENSION_TYPE}, got ${show(type)}`,
    );
  }
  const device = readSubject(RED, request, type, '');
  const extension =
    request['extension'] === undefined
      ? deployedExtension(RED, device.config['mqtt'])
      : readSubject(RED, asObject(request['extension'], 'extension'), EXTENSION_TYPE, 'extension.');
  return { device, ...(extension === undefined ? {} : { extension }) };
}

/** One node of a body, as above; `path` is where it stands in it (`extension.`). Throws a DeviceError (CONFIG) for another form. */
export function readSubject(RED: NodeAPI, request: Record<string, unknown>, type: string, path: string): Subject {
  const id = typeof request['id'] === 'string' ? request['id'] : '';
  const config = asObject(request['config'], `${path}config`);
  const given = request['credentials'] === undefined ? {} : asObject(request['credentials'], `${path}credentials`);
  return prepare(RED, type, id, config, given);
}

/** The extension that `config.mqtt` names, as it is deployed. */
export function deployedExtension(RED: NodeAPI, id: unknown): Subject | undefined {
  let found: Record<string, unknown> | undefined;
  RED.nodes.eachNode((definition) => {
    if (definition.id === id && definition.type === EXTENSION_TYPE) found = { ...definition };
  });
  return found === undefined ? undefined : prepare(RED, EXTENSION_TYPE, String(id), found, {});
}

function prepare(
  RED: NodeAPI,
  type: string,
  id: string,
  config: Record<string, unknown>,
  given: Record<string, unknown>,
): Subject {
  // A node that is not deployed has no group or subflow yet: then only the variables of the process are known.
  const node = RED.nodes.getNode(id) as Node | null;
  const lookup = (name: string): unknown => (node === null ? process.env[name] : RED.util.getSetting(node, name));
  const fresh = Object.entries(given).filter(([, value]) => typeof value === 'string' && value !== STORED);
  const stored = id === '' ? {} : (RED.nodes.getCredentials(id) as object | undefined);
  const own = replaceEnvironment(config, lookup);
  const secret = replaceInCredentials({ ...stored, ...Object.fromEntries(fresh) }, lookup);
  return {
    type,
    id,
    config: own.value,
    credentials: secret.value,
    problems: [...own.problems, ...secret.problems],
  };
}

/** @throws DeviceError CONFIG, naming `field` */
export function asObject(value: unknown, field: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new DeviceError('CONFIG', `${field}: must be an object, got ${show(value)}`);
}
