import type { Packet } from 'mqtt-packet';
import { ProgrammableBroker, type BrokerClient } from '../programmable-broker';

type Ack = Extract<Packet, { cmd: 'puback' | 'pubrec' | 'pubcomp' }>;

/** What a broker does with one of its acknowledgements. */
export interface AckFault {
  readonly name: string;
  readonly send: (ack: Ack, client: BrokerClient) => void;
}

export interface CountingOptions {
  readonly acks?: AckFault;
  /** Ends a connection after so many packets; 0: never. */
  readonly cutEvery?: number;
  /** What it says of a session, whatever it has: the truth where absent. */
  readonly says?: 'always present' | 'never present';
}

/** What of one run has arrived. */
export interface Figures {
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
}

/**
 * A broker with one client, that keeps the rules of QoS 2 as a receiver (MQTT 3.1.1, 4.3) and counts what it would deliver, but may treat its
 * acknowledgements badly, cut connections, and lie about the session.
 */
export class CountingBroker {
  private readonly deliveries = new Map<string, number>();
  private received = new Set<number>();
  private packets = 0;
  cuts = 0;

  private constructor(
    readonly broker: ProgrammableBroker,
    private readonly options: CountingOptions,
  ) {}

  static async start(options: CountingOptions = {}): Promise<CountingBroker> {
    // Its own methods are called from the first client on.
    const own: { counting?: CountingBroker } = {};
    const broker = await ProgrammableBroker.start({
      connack: ({ clean }, connection) => ({ sessionPresent: own.counting!.hasSession(clean === true, connection) }),
      onPacket: (packet, client) => own.counting!.take(packet, client),
    });
    own.counting = new CountingBroker(broker, options);
    return own.counting;
  }

  figures(sent: number): Figures {
    const counts = [...this.deliveries.values()];
    const delivered = counts.reduce((sum, count) => sum + count, 0);
    return { sent, delivered, lost: sent - counts.length, duplicated: delivered - counts.length };
  }

  private hasSession(clean: boolean, connection: number): boolean {
    const { says } = this.options;
    const isPresent = !clean && connection > 0 && says !== 'never present';
    // One that says it has none has none; one that says it has one may have lost what was in it.
    if (!isPresent || says === 'always present') this.received = new Set();
    return isPresent || (says === 'always present' && connection > 0);
  }

  private take(packet: Packet, client: BrokerClient): boolean {
    const { cutEvery = 0, acks } = this.options;
    if (cutEvery > 0 && ++this.packets % cutEvery === 0) {
      this.cuts++;
      client.socket.destroy();
      return true;
    }
    const send = acks?.send ?? ((ack: Ack) => client.send(ack));
    const { messageId = 0 } = packet;
    if (packet.cmd === 'publish') {
      const isRepeated = packet.qos === 2 && this.received.has(messageId);
      if (!isRepeated) {
        const payload = packet.payload.toString();
        this.deliveries.set(payload, (this.deliveries.get(payload) ?? 0) + 1);
      }
      if (packet.qos === 2) this.received.add(messageId);
      if (packet.qos > 0) send({ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId }, client);
      return true;
    }
    if (packet.cmd !== 'pubrel') return false;
    this.received.delete(messageId);
    send({ cmd: 'pubcomp', messageId }, client);
    return true;
  }
}

/** A socket may be gone when a late acknowledgement leaves. */
const write = (ack: Ack, client: BrokerClient): void => {
  if (!client.socket.destroyed) client.send(ack);
};

/** Made anew for each broker: they have a memory. */
export const ACK_FAULTS: readonly (() => AckFault)[] = [
  () => ({ name: 'answers as it should', send: write }),
  () => {
    let count = 0;
    return {
      name: 'delays each acknowledgement, by up to 8 ms',
      send: (ack, client) => void setTimeout(() => write(ack, client), count++ % 9),
    };
  },
  () => {
    let held: { ack: Ack; client: BrokerClient }[] = [];
    const release = (): void => {
      for (const { ack, client } of held.reverse()) write(ack, client);
      held = [];
    };
    return {
      name: 'sends acknowledgements in the reverse order, seven at a time',
      send: (ack, client) => {
        held.push({ ack, client });
        if (held.length >= 7) release();
        else if (held.length === 1) setTimeout(release, 10);
      },
    };
  },
  () => ({
    name: 'sends each acknowledgement twice',
    send: (ack, client) => {
      write(ack, client);
      write(ack, client);
    },
  }),
  () => {
    let count = 0;
    return {
      name: 'drops every fifth acknowledgement, and the connection soon after',
      send: (ack, client) => {
        if (++count % 5 > 0) write(ack, client);
        else setTimeout(() => client.socket.destroy(), 2);
      },
    };
  },
];
