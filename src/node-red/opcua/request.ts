import type { NodeAPI } from 'node-red';
import { DeviceError } from '../../base/errors';
import { describeProblems, FieldReader } from '../../base/fields';
import { parseOpcUaConfig } from '../../drivers/opcua/config/config';
import type { SessionOptions } from '../../drivers/opcua/session/session-options';
import { asObject, readSubject } from '../admin/probe-request';
import { secretsOf } from '../common/secrets';

/** For one request of a picker; the node's own time-out if that is shorter. ms */
export const PICKER_TIMEOUT_MS = 10_000;

/** What a picker asks: the session it needs, and the members of its own. */
export interface PickerRequest {
  readonly session: SessionOptions;
  /** The members of the body besides the configuration. */
  readonly body: FieldReader;
  /** Texts that may not be in an answer. */
  readonly secrets: readonly string[];
}

/**
 * Reads the body of a picker: `{ id?, config, credentials?, ... }`, the node as its dialog would save it. Of `config` only
 * `protocol` and `parameters` are looked at: the property table may be half done. Credentials that are absent or the
 * editor's placeholder are the stored ones of the node `id`.
 * @throws DeviceError CONFIG, naming the field
 */
export function readPickerRequest(RED: NodeAPI, raw: unknown, pkiDirectory: string): PickerRequest {
  const request = asObject(raw, 'the body');
  const { config, credentials } = readSubject(RED, request, 'opcua-device', '');
  const { protocol, parameters } = config;
  const parsed = parseOpcUaConfig({ protocol, parameters }, credentials);
  if (!parsed.ok) throw new DeviceError('CONFIG', describeProblems(parsed.problems));
  const { session } = parsed.value;
  return {
    session: { ...session, timeoutMs: Math.min(session.timeoutMs, PICKER_TIMEOUT_MS), pkiDirectory },
    body: new FieldReader(request),
    secrets: secretsOf(credentials),
  };
}

/** The endpoint of a body as above; nothing else has to be right to ask a server what it offers. @throws DeviceError CONFIG */
export function readEndpoint(RED: NodeAPI, raw: unknown): string {
  const { config } = readSubject(RED, asObject(raw, 'the body'), 'opcua-device', '');
  const protocol = asObject(config['protocol'] ?? {}, 'config.protocol');
  const parsed = parseOpcUaConfig({ protocol: { endpoint: protocol['endpoint'], url: protocol['url'] } }, {});
  if (!parsed.ok) throw new DeviceError('CONFIG', describeProblems(parsed.problems));
  return parsed.value.session.endpoint;
}
