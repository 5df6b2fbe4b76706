/** What a refusal means to a flow (`code`, stable) and to its user. */
export interface Reason {
  readonly code: string;
  readonly text: string;
  readonly advice?: string;
}

const CREDENTIALS = 'Check the user name and the password.';
const PERMISSIONS = "Check the broker's access rules for this user, client id and topic.";
const CLIENT_ID = 'Check the client id: MQTT 3.1 allows 23 characters, and some brokers accept only known ones.';
const VERSION = 'Choose another protocol version, or 0 for automatic.';

const REASONS = {
  version: {
    code: 'MQTT_BAD_PROTOCOL_VERSION',
    text: 'the broker does not speak this version of MQTT',
    advice: VERSION,
  },
  clientId: { code: 'MQTT_BAD_CLIENT_ID', text: 'the broker does not accept the client id', advice: CLIENT_ID },
  unavailable: { code: 'MQTT_SERVER_UNAVAILABLE', text: 'the broker says that it is not available' },
  credentials: { code: 'MQTT_BAD_CREDENTIALS', text: 'bad user name or password', advice: CREDENTIALS },
  authorized: { code: 'MQTT_NOT_AUTHORIZED', text: 'not authorised', advice: PERMISSIONS },
} satisfies Record<string, Reason>;

/** CONNACK return codes of MQTT 3.1 and 3.1.1 (3.1.1, table 3.1). */
const RETURN_CODES: Readonly<Record<number, Reason>> = {
  1: REASONS.version,
  2: REASONS.clientId,
  3: REASONS.unavailable,
  4: REASONS.credentials,
  5: REASONS.authorized,
};

/** Reason codes of MQTT 5 (5.0, 2.4) that have a counterpart in older versions. */
const REASON_CODES: Readonly<Record<number, Reason>> = {
  132: REASONS.version,
  133: REASONS.clientId,
  134: REASONS.credentials,
  135: REASONS.authorized,
  136: REASONS.unavailable,
};

/** The other reason codes of MQTT 5 that a server may send, by name (5.0, 2.4). */
const REASON_NAMES: Readonly<Record<number, string>> = {
  128: 'unspecified error',
  129: 'malformed packet',
  130: 'protocol error',
  131: 'implementation specific error',
  137: 'server busy',
  138: 'banned',
  139: 'server shutting down',
  140: 'bad authentication method',
  141: 'keep alive timeout',
  142: 'session taken over: another client uses the same client id',
  143: 'topic filter invalid',
  144: 'topic name invalid',
  145: 'packet identifier in use',
  146: 'packet identifier not found',
  147: 'receive maximum exceeded',
  148: 'topic alias invalid',
  149: 'packet too large',
  150: 'message rate too high',
  151: 'quota exceeded',
  152: 'administrative action',
  153: 'payload format invalid',
  154: 'retained messages not supported',
  155: 'quality of service not supported',
  156: 'use another server',
  157: 'server moved',
  158: 'shared subscriptions not supported',
  159: 'connection rate exceeded',
  160: 'maximum connect time',
  161: 'subscription identifiers not supported',
  162: 'wildcard subscriptions not supported',
};

/** The meaning of a CONNACK other than 0. MQTT 5 servers may answer old clients with old codes and the reverse. */
export function connackReason(code: number): Reason {
  return RETURN_CODES[code] ?? serverReason(code, 'MQTT_REFUSED');
}

/** The meaning of an MQTT 5 reason code from 128 in any packet but CONNACK; codes without a counterpart get `otherwise`. */
export function serverReason(code: number, otherwise: string): Reason {
  return REASON_CODES[code] ?? { code: otherwise, text: REASON_NAMES[code] ?? `reason code ${code}` };
}

/** Whether a CONNACK code says that another protocol version should be tried. */
export function refusesVersion(code: number): boolean {
  return connackReason(code) === REASONS.version;
}

/**
 * Reasons to end a connection that no message of ours can be: keep-alive, taken over, busy, shutting down, administrative action, another
 * server, connection rate and time, banned, bad authentication.
 */
const NOT_A_MESSAGE = new Set([0, 137, 138, 139, 140, 141, 142, 152, 156, 157, 159, 160]);

/** Whether a server that ends the connection with this reason code (MQTT 5) may do so because of a message. */
export const mayBlameMessage = (code: number): boolean => !NOT_A_MESSAGE.has(code);
