import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a program and a TCP server and knows how many connections are open. */
export class CountingProxy {
  private readonly pairs = new Set<Socket>();
  /** Connections ever accepted. */
  accepted = 0;

  private constructor(private readonly server: Server) {}

  static async start(targetPort: number): Promise<CountingProxy> {
    const server = createServer();
    const proxy = new CountingProxy(server);
    server.on('connection', (client) => {
      proxy.accepted += 1;
      proxy.pairs.add(client);
      const target = connect(targetPort, '127.0.0.1');
      client.pipe(target).pipe(client);
      for (const [one, other] of [
        [client, target],
        [target, client],
      ] as const) {
        one.on('error', () => one.destroy());
        one.on('close', () => {
          proxy.pairs.delete(one);
          other.destroy();
        });
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections open now. */
  get open(): number {
    return this.pairs.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.pairs) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
