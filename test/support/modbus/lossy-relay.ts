import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A relay for datagrams between one client and a server, that loses some, doubles some and hands some on late, so out of order. */
export class LossyRelay {
  readonly counts = { lost: 0, late: 0, doubled: 0 };
  private readonly towards: Socket = createSocket('udp4');
  private readonly back: Socket = createSocket('udp4');
  private client: { readonly port: number; readonly address: string } | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();

  /** `random`: 0 up to 1, for each datagram what becomes of it. */
  constructor(
    private readonly serverPort: number,
    private readonly random: () => number,
  ) {}

  /** Answers its port. */
  async start(): Promise<number> {
    this.towards.on('message', (bytes, client) => {
      this.client = client;
      this.pass(() => this.back.send(bytes, this.serverPort, '127.0.0.1'));
    });
    this.back.on('message', (bytes) => {
      const { client } = this;
      if (client !== undefined) this.pass(() => this.towards.send(bytes, client.port, client.address));
    });
    for (const socket of [this.towards, this.back]) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    return this.towards.address().port;
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.towards.close();
    this.back.close();
  }

  private pass(send: () => void): void {
    const fate = this.random();
    if (fate < 0.1) {
      this.counts.lost++;
      return;
    }
    if (fate < 0.2) {
      this.counts.doubled++;
      send();
    }
    if (fate > 0.8) {
      this.counts.late++;
      const timer = setTimeout(
        () => {
          this.timers.delete(timer);
          send();
        },
        (fate - 0.8) * 200,
      );
      this.timers.add(timer);
    } else send();
  }
}
