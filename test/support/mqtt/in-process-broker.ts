import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Aedes, type Client } from 'aedes';

/** An MQTT broker in this process, on a free loopback port, that tells who is connected. Whoever starts it must `stop()` it. */
export class InProcessBroker {
  private readonly sockets = new Set<Socket>();
  /** Every client id that was ever seen, in order. */
  readonly seen: string[] = [];
  private readonly clients = new Set<Client>();

  private constructor(
    broker: Aedes,
    readonly port: number,
    private readonly close: () => Promise<void>,
  ) {
    broker.on('client', (client) => {
      this.clients.add(client);
      this.seen.push(client.id);
    });
    broker.on('clientDisconnect', (client) => this.clients.delete(client));
  }

  static async start(options: { readonly password?: string } = {}): Promise<InProcessBroker> {
    const aedes = await Aedes.createBroker();
    if (options.password !== undefined) {
      aedes.authenticate = (_client, _user, password, done) => done(null, password?.toString() === options.password);
    }
    const server = createServer(aedes.handle);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const broker: InProcessBroker = new InProcessBroker(aedes, (server.address() as AddressInfo).port, async () => {
      for (const socket of broker.sockets) socket.destroy();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    server.on('connection', (socket) => {
      broker.sockets.add(socket.setNoDelay(true));
      socket.once('close', () => broker.sockets.delete(socket));
    });
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Client ids that are connected now. */
  get connected(): string[] {
    return [...this.clients].map(({ id }) => id);
  }

  /** Cuts all connections; clients may come back at once. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    await this.close();
  }
}
