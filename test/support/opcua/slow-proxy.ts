import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Passes TCP connections on to a port of 127.0.0.1, each packet `delayMs` late in either direction: a far server. */
export class SlowProxy {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: this.target, noDelay: true });
    near.setNoDelay(true);
    this.pass(near, far);
    this.pass(far, near);
  });

  private constructor(
    private readonly target: number,
    private readonly delayMs: number,
  ) {}

  static async start(target: number, delayMs: number): Promise<SlowProxy> {
    const proxy = new SlowProxy(target, delayMs);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => setTimeout(() => to.writable && to.write(chunk), this.delayMs));
    from.on('close', () => {
      this.sockets.delete(from);
      setTimeout(() => to.destroy(), this.delayMs);
    });
  }
}
