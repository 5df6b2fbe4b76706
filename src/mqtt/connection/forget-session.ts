import type { Ports } from '../../base/ports';
import type { ConnectionFactory } from './counted-connection';
import type { ConnectionOptions } from '../client/connection-options';

/** How long the broker may take; then it keeps the session until that expires there. */
const DEADLINE_MS = 1000;

/**
 * Makes the broker forget the session of a client id that is no longer connected: a connection with a clean session ends the stored one
 * (MQTT 3.1.1, 3.1.2.4), and is left at once. For connections without a will. Never rejects; settles within 2 s.
 */
export async function forgetSession(
  options: ConnectionOptions,
  ports: Ports,
  create: ConnectionFactory,
): Promise<void> {
  const connection = create({ ...options, cleanSession: true, autoReconnect: false }, ports);
  await new Promise<void>((resolve) => {
    const timer = ports.clock.setTimeout(resolve, DEADLINE_MS);
    const settle = (): void => {
      ports.clock.clearTimeout(timer);
      resolve();
    };
    connection.events.once('connected', settle);
    connection.events.once('disconnected', ({ message }) => {
      ports.log.debug(`The session of ${options.clientId} stays at the broker: ${message}`);
      settle();
    });
    connection.open();
  });
  await connection.close().catch(() => undefined);
  connection.events.removeAllListeners();
}
