import { isRecord } from '../../base/records';
import type { WriteResult } from '../../device/driver';
import { DeviceError, ErrorCode } from '../../base/errors';
import { errorInfo } from '../../device/engine/property-store';
import { show } from '../../base/show';
import type { ErrorInfo } from '../../base/errors';
import type { ValueType } from '../../base/values/index';

/**
 * What is published to `<topic>/set/result` after each command, as JSON:
 * `{"ok": false, "results": [{"name": "setpoint", "ok": true}, {"name": "mode", "ok": false, "error": {"code", "message"}}]}`.
 * `ok` is true when every write was confirmed by the device. `results` are in the order of the command. A command that
 * cannot be understood has no results; its `error` stands beside `ok`.
 */
export interface CommandResult {
  readonly ok: boolean;
  readonly results: readonly { readonly name: string; readonly ok: boolean; readonly error?: ErrorInfo }[];
  readonly error?: ErrorInfo;
}

export function commandResult(writes: readonly WriteResult[]): CommandResult {
  const results = writes.map(({ name, error }) =>
    error === undefined ? { name, ok: true } : { name, ok: false, error: errorInfo(error) },
  );
  return { ok: results.every((result) => result.ok), results };
}

export const commandFailure = (error: DeviceError): CommandResult => ({
  ok: false,
  results: [],
  error: errorInfo(error),
});

/** The values of a command at `<topic>/set`: a JSON object. Throws a DeviceError BAD_VALUE. */
export function parseCommandObject(payload: Buffer): Record<string, unknown> {
  const text = payload.toString();
  const value = parseJson(text);
  if (isRecord(value)) return value;
  throw new DeviceError(
    ErrorCode.BAD_VALUE,
    `the command must be a JSON object such as {"setpoint": 21.5}, got ${show(text)}`,
  );
}

const JSON_TYPES: readonly (ValueType | undefined)[] = ['array', 'object', undefined];

/**
 * The value of a command at `<topic>/<property>/set`. For `array`, `object` and properties without a type: JSON, else text.
 * For all others the text itself, which the device turns into the type (so that no digit of a 64-bit integer is lost);
 * a JSON string (`"on"`) counts as the text within the quotes.
 */
export function parseCommandValue(payload: Buffer, type: ValueType | undefined): unknown {
  const text = payload.toString();
  if (JSON_TYPES.includes(type)) return parseJson(text) ?? text;
  const trimmed = text.trim();
  if (!trimmed.startsWith('"')) return type === 'string' ? text : trimmed;
  const unquoted = parseJson(trimmed);
  return typeof unquoted === 'string' ? unquoted : text;
}

/** Undefined where the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
