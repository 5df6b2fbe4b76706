import type { Node, NodeAPI } from 'node-red';
import type { Problem } from '../../base/fields/problems';
import type { AeConfig } from '../../onem2m/ae/model/config';
import { parseAeConfig } from '../../onem2m/ae/parse/parse-config';
import { onePerField } from '../device/device-config';
import { replaceEnvironment, replaceInCredentials } from '../common/environment';
import { uidOf } from '../common/identity';
import { secretsOf } from '../common/secrets';

export const AE_TYPE = 'onem2m-ae';

export interface AeNodeConfig {
  readonly uid: string;
  /** Id of the `mqtt-extension`; empty for a connection of its own. */
  readonly mqtt: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** Absent when `problems` is not empty. */
  readonly config?: AeConfig;
  readonly problems: readonly Problem[];
  /** To be told once: fields that nobody knows, a version that is too new. */
  readonly warnings: readonly Problem[];
}

/** Everything that the definition of an `onem2m-ae` says, checked. */
export function readAeConfig(RED: NodeAPI, node: Node, definition: Readonly<Record<string, unknown>>): AeNodeConfig {
  const lookup = (name: string): unknown => RED.util.getSetting(node, name);
  const own = replaceEnvironment(definition, lookup);
  const secret = replaceInCredentials(node.credentials, lookup);
  const raw = own.value;
  const parsed = parseAeConfig(raw);
  const problems = [...own.problems, ...secret.problems, ...(parsed.ok ? [] : parsed.problems)];
  return {
    uid: uidOf(textOf(raw['uid']), node),
    mqtt: textOf(raw['mqtt']),
    credentials: secret.value,
    ...(parsed.ok && problems.length === 0 ? { config: parsed.value } : {}),
    problems: onePerField(problems),
    warnings: parsed.warnings ?? [],
  };
}

/** The texts that nobody may see again: secret credentials, and the passwords in addresses. */
export function aeSecrets(config: AeConfig | undefined, credentials: Readonly<Record<string, string>>): string[] {
  const { endpoint, notify } = config ?? {};
  const passwords = [endpoint?.password, notify?.kind === 'endpoint' ? notify.endpoint.password : undefined];
  return [...secretsOf(credentials), ...passwords.flatMap((password) => (password ? [password] : []))];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
