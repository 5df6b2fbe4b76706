import { deserialize, serialize } from 'node:v8';
import type * as Mqtt from 'mqtt';
import type { Store } from 'mqtt';
import type { StoreNotes } from '../../store/message-store';

/** What tells the notes of one broker's session from others. */
const prefixOf = (server: string): string => `incoming ${server} `;

/**
 * QoS 2 messages that were received and not released yet: MQTT.js hands them over with PUBREL, which may come after a crash. Where there
 * are notes, one is there before its PUBREC leaves; without, it is the broker that would have to send it again, and does not.
 *
 * @param isFresh the broker has forgotten its session, and with it what an earlier one had received
 */
export function incomingPackets(
  mqtt: typeof Mqtt,
  server: string,
  notes: StoreNotes | undefined,
  isFresh: boolean,
): Store {
  if (notes === undefined) return new mqtt.Store({ clean: false });
  const prefix = prefixOf(server);
  const store = new (class extends mqtt.Store {
    override put(...[packet, taken]: Parameters<Store['put']>): this {
      super.put(packet, () => undefined);
      const noted = notes.set(`${prefix}${packet.messageId ?? 0}`, serialize({ ...packet }));
      noted.then(
        () => taken(),
        () => undefined,
      );
      return this;
    }

    override del(...[packet, done]: Parameters<Store['del']>): this {
      void notes.set(`${prefix}${packet.messageId ?? 0}`, undefined).catch(() => undefined);
      return super.del(packet, done);
    }
  })({ clean: false });
  for (const [name, value] of [...notes.entries]) {
    if (!name.startsWith(prefix)) continue;
    if (isFresh) void notes.set(name, undefined).catch(() => undefined);
    else mqtt.Store.prototype.put.call(store, deserialize(value) as Parameters<Store['put']>[0], () => undefined);
  }
  return store;
}
