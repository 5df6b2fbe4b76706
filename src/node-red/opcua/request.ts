import type { Request } from 'express';
import type { NodeAPI } from 'node-red';
import { DeviceError } from '../../base/errors';
import { describeProblems, FieldReader } from '../../base/fields/fields';
import type { Problem } from '../../base/fields/problems';
import { redact } from '../common/secrets';
import { opcuaKind } from '../../drivers/opcua';
import { parseOpcUaConfig } from '../../drivers/opcua/config/config';
import type { SessionOptions } from '../../drivers/opcua/session/session-options';
import { destinationOfKind } from '../admin/destination';
import { asObject, readSubject } from '../admin/probe-request';

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
export function readPickerRequest(RED: NodeAPI, request: Request, pkiDirectory: string): PickerRequest {
  const given = asObject(request.body, 'the body');
  const { config, credentials, problems, hidden } = readSubject(RED, request, given, SUBJECT);
  const { protocol, parameters } = config;
  const parsed = parseOpcUaConfig({ protocol, parameters }, credentials);
  const wrong = [...problems.filter(concernsSession), ...(parsed.ok ? [] : parsed.problems)];
  if (!parsed.ok || wrong.length > 0) throw new DeviceError('CONFIG', redact(describeProblems(wrong), hidden));
  const { session } = parsed.value;
  return {
    session: { ...session, timeoutMs: Math.min(session.timeoutMs, PICKER_TIMEOUT_MS), pkiDirectory },
    body: new FieldReader(given),
    secrets: hidden,
  };
}

/** The endpoint that is asked for, and texts that may not be in an answer. */
export interface EndpointRequest {
  readonly endpoint: string;
  readonly secrets: readonly string[];
}

const SUBJECT = { type: 'opcua-device', path: '', destinationOf: destinationOfKind(opcuaKind) };

/** The property table may be half done. */
const concernsSession = ({ field }: Problem): boolean =>
  /^(?:protocol|parameters|credentials|username|password|\w+PEM)\b/.test(field);

/** The endpoint of a body as above; nothing else has to be right to ask a server what it offers. @throws DeviceError CONFIG */
export function readEndpoint(RED: NodeAPI, request: Request): EndpointRequest {
  const given = asObject(request.body, 'the body');
  // No credentials: anybody is asked what they offer without any.
  const { config, hidden } = readSubject(
    RED,
    request,
    { ...given, credentials: {} },
    { ...SUBJECT, destinationOf: () => undefined },
  );
  const protocol = asObject(config['protocol'] ?? {}, 'config.protocol');
  const parsed = parseOpcUaConfig({ protocol: { endpoint: protocol['endpoint'], url: protocol['url'] } }, {});
  if (!parsed.ok) throw new DeviceError('CONFIG', describeProblems(parsed.problems));
  return { endpoint: parsed.value.session.endpoint, secrets: hidden };
}
