/**
 * What the MQTT binding needs of a broker connection: one of its own (own-broker.ts), or its share in that of an
 * `mqtt-extension`. `close` then only leaves it.
 */
export type { Broker } from '../../../mqtt/client/broker';
