import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Passes TCP connections on to a port of 127.0.0.1, and cuts them on demand, in the middle of whatever goes on. */
export class CuttingProxy {
  /** Connections that have been cut. */
  cuts = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: this.target, noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    near.setNoDelay(true);
  });

  private constructor(private readonly target: number) {}

  static async start(target: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    if (this.sockets.size > 0) this.cuts++;
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
