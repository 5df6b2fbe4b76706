import type { IClientOptions } from 'mqtt';
import type { ConnectionOptions } from '../../client/connection-options';
import type { ProtocolVersion } from '../attempt/protocol-choice';
import type { SessionState } from '../session/session-state';

/** MQTT.js takes 0 as "at once"; this is the longest a Node.js timer can wait. Ours runs instead. */
const NEVER_MS = 2 ** 31 - 1;
/** Of MQTT 5: the session does not expire, as with cleanSession false in older versions. */
const SESSION_NEVER_EXPIRES = 0xff_ff_ff_ff;

/** Settings of an MQTT.js client that does the protocol, and nothing of what is done here. */
export function connectOptions(
  options: ConnectionOptions,
  version: ProtocolVersion,
  session: SessionState,
): IClientOptions {
  const { clientId, username, password, will, cleanSession, keepAliveMs } = options;
  return {
    manualConnect: true,
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: NEVER_MS,
    clientId,
    protocolVersion: version,
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
    clean: cleanSession,
    keepalive: Math.min(Math.ceil(keepAliveMs / 1000), 65_535),
    // Its keep-alive manager gets a timer that never fires: PingWatchdog does the work.
    timerVariant: { set: () => 0, clear: () => undefined },
    reschedulePings: false,
    messageIdProvider: session.ids,
    incomingStore: session.incoming,
    // MQTT.js formats every packet for its log, payloads and password included.
    log: () => undefined,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will && { will: { topic: will.topic, payload: will.payload, qos: will.qos, retain: will.retained } }),
    ...(version === 5 && !cleanSession && { properties: { sessionExpiryInterval: SESSION_NEVER_EXPIRES } }),
  };
}
