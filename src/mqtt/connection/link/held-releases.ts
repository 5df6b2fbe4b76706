import type * as Mqtt from 'mqtt';
import type { Store } from 'mqtt';
import type { SessionState } from '../session/session-state';

/**
 * What MQTT.js keeps of packets on their way. It writes a PUBREL as soon as this has taken it: here that is when it is noted that the
 * message is released. After a crash in between it would be published again, and the broker, which forgets it with the PUBREL, would
 * take it for a new one (MQTT 3.1.1, 4.3.3).
 */
export function holdReleases(mqtt: typeof Mqtt, onReceived: SessionState['onReceived'], isOver: () => boolean): Store {
  return new (class extends mqtt.Store {
    override put(...[packet, taken]: Parameters<Store['put']>): this {
      const noted = packet.cmd === 'pubrel' && packet.messageId !== undefined && onReceived(packet.messageId);
      if (!noted) return super.put(packet, taken);
      super.put(packet, () => undefined);
      noted.then(
        () => {
          if (!isOver()) taken();
        },
        () => undefined,
      );
      return this;
    }
  })();
}
