import type { IClientOptions } from 'mqtt';
import { PROTOCOL_LIMITS } from '../../client/broker-limits';
import type { ConnectionOptions, Will } from '../../client/connection-options';
import type { ProtocolVersion } from '../attempt/protocol-choice';
import type { SessionState } from '../session/session-state';
import { outgoingProperties, plain } from './properties';

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
    ...(will && { will: willOf(will, version) }),
    ...(version === 5 && {
      properties: connectProperties(options),
      autoAssignTopicAlias: (options.topicAliasMaximum ?? 0) > 0,
    }),
  };
}

function willOf(will: Will, version: ProtocolVersion): NonNullable<IClientOptions['will']> {
  const { topic, payload, qos, retained: retain, delayInterval, properties } = will;
  const all = {
    ...(delayInterval !== undefined && { willDelayInterval: delayInterval }),
    ...(properties && outgoingProperties(properties)),
  };
  return { topic, payload, qos, retain, ...(version === 5 && Object.keys(all).length > 0 && { properties: all }) };
}

/** MQTT 5, 3.1.2.11. */
function connectProperties(options: ConnectionOptions): IClientOptions['properties'] {
  const { cleanSession, sessionExpiryInterval, receiveMaximum, topicAliasMaximum = 0, userProperties } = options;
  const expiry = sessionExpiryInterval ?? (cleanSession ? 0 : SESSION_NEVER_EXPIRES);
  return {
    ...(expiry > 0 && { sessionExpiryInterval: expiry }),
    ...(receiveMaximum !== undefined && { receiveMaximum }),
    ...(options.maximumPacketSize < PROTOCOL_LIMITS.maximumPacketSize && {
      maximumPacketSize: options.maximumPacketSize,
    }),
    ...(topicAliasMaximum > 0 && { topicAliasMaximum }),
    ...(userProperties && { userProperties: plain(userProperties) }),
  };
}
