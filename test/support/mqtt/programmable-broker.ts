import { createServer, type AddressInfo, type Socket } from 'node:net';
import { generate, parser, type IConnectPacket, type Packet } from 'mqtt-packet';

/** One client of the programmable broker. */
export interface BrokerClient {
  readonly connect: IConnectPacket;
  readonly socket: Socket;
  readonly packets: Packet[];
  send(packet: Packet): void;
}

export interface Behaviour {
  /** The CONNACK; null: none at all, or written by hand; `close`: end the connection instead. Default: accepted. */
  connack?: (
    connect: IConnectPacket,
    connection: number,
    socket: Socket,
  ) => Partial<Extract<Packet, { cmd: 'connack' }>> | null | 'close';
  /** After the CONNACK. */
  onAccepted?: (client: BrokerClient, connection: number) => void;
  /** Answers a packet; `true`: it has been dealt with, so the usual answer is left out. */
  onPacket?: (packet: Packet, client: BrokerClient, connection: number) => boolean;
}

/** A broker that misbehaves on demand, on a free port of 127.0.0.1. It acknowledges, and delivers nothing to anyone. */
export class ProgrammableBroker {
  /** In order of their CONNECTs, the ended ones included. */
  readonly clients: BrokerClient[] = [];
  /** Sockets accepted so far. */
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private readonly watchers = new Set<() => void>();
  private readonly server = createServer((socket) => this.serve(socket));

  private constructor(private readonly behaviour: Behaviour) {}

  static async start(behaviour: Behaviour = {}, port = 0): Promise<ProgrammableBroker> {
    const broker = new ProgrammableBroker(behaviour);
    await new Promise<void>((resolve) => broker.server.listen(port, '127.0.0.1', resolve));
    return broker;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  /** Sockets open at the moment. */
  get openSockets(): number {
    return this.sockets.size;
  }

  /** All packets of all clients, in order of arrival per client. */
  packets<C extends Packet['cmd']>(cmd: C): Extract<Packet, { cmd: C }>[] {
    const all = this.clients.flatMap((client) => client.packets);
    return all.filter((packet): packet is Extract<Packet, { cmd: C }> => packet.cmd === cmd);
  }

  /** Resolves as soon as `condition` holds; looked at after every packet and every end of a connection. */
  async until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.watchers.delete(check);
        const seen = this.clients.map(({ packets }) => packets.map(({ cmd }) => cmd).join(' ')).join('; ');
        reject(new Error(`The broker waited ${timeoutMs} ms in vain; it saw: ${seen}`));
      }, timeoutMs);
      const check = (): void => {
        if (!condition()) return;
        this.watchers.delete(check);
        clearTimeout(timer);
        resolve();
      };
      this.watchers.add(check);
      check();
    });
  }

  /** Cuts every connection without a word. */
  dropAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropAll();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.notify();
    });
    const packets = parser();
    let client: BrokerClient | undefined;
    let index = -1;
    packets.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connect') {
        const protocolVersion = packet.protocolVersion ?? 4;
        const send = (answer: Packet): void => void socket.write(generate(answer, { protocolVersion }));
        client = { connect: packet, socket, packets: [], send };
        index = this.clients.push(client) - 1;
        this.welcome(client, index);
      } else if (client) {
        client.packets.push(packet);
        if (this.behaviour.onPacket?.(packet, client, index) !== true) acknowledge(packet, client);
      }
      this.notify();
    });
    packets.on('error', () => socket.destroy());
    socket.on('data', (data) => packets.parse(data));
  }

  private welcome(client: BrokerClient, index: number): void {
    const answer = this.behaviour.connack?.(client.connect, index, client.socket);
    if (answer === null) return;
    if (answer === 'close') {
      client.socket.end();
      return;
    }
    client.send({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false, ...answer });
    this.behaviour.onAccepted?.(client, index);
  }

  private notify(): void {
    for (const watch of [...this.watchers]) watch();
  }
}

function acknowledge(packet: Packet, client: BrokerClient): void {
  const { messageId = 0 } = packet;
  if (packet.cmd === 'publish' && packet.qos === 1) client.send({ cmd: 'puback', messageId });
  else if (packet.cmd === 'publish' && packet.qos === 2) client.send({ cmd: 'pubrec', messageId });
  else if (packet.cmd === 'pubrel') client.send({ cmd: 'pubcomp', messageId });
  else if (packet.cmd === 'pubrec') client.send({ cmd: 'pubrel', messageId });
  else if (packet.cmd === 'pingreq') client.send({ cmd: 'pingresp' });
  else if (packet.cmd === 'subscribe') {
    client.send({ cmd: 'suback', messageId, granted: packet.subscriptions.map(({ qos }) => qos) });
  } else if (packet.cmd === 'unsubscribe') {
    client.send({ cmd: 'unsuback', messageId, granted: packet.unsubscriptions.map(() => 0) });
  }
}
