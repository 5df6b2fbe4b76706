import type { Socket } from 'node:net';

/** Connections at one time, of all clients and of one address. */
const MOST = 256;
const MOST_OF_ONE = 64;

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** It has become something else than HTTP, which may be silent for long. */
  isKept: boolean;
}

/** A connection as its both ends are: what is a socket below TLS has the same as the one above it. */
type Ends = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/**
 * The connections of a server, never too many: where one comes that is, another makes room, the one whose client has been answered
 * longest ago, or never. So nobody shuts others out with requests that are never ended, neither from one address nor from many.
 */
export class Connections {
  /** The one that came, or was answered, longest ago first. */
  private readonly open = new Map<string, Connection>();

  add(socket: Socket): void {
    const key = keyOf(socket);
    const added = { socket, address: socket.remoteAddress ?? '', isKept: false };
    this.open.set(key, added);
    socket.once('close', () => {
      if (this.open.get(key) === added) this.open.delete(key);
    });
    const own = this.of(added.address);
    if (own.length > MOST_OF_ONE) drop(own, added);
    else if (this.open.size > MOST) drop(this.largest(), added);
  }

  /** A request of this client has got its answer. */
  answered(client: Ends): void {
    const key = keyOf(client);
    const connection = this.open.get(key);
    if (connection === undefined) return;
    this.open.delete(key);
    this.open.set(key, connection);
  }

  /** From now on it is not closed for others. */
  keep(client: Ends): void {
    const connection = this.open.get(keyOf(client));
    if (connection !== undefined) connection.isKept = true;
  }

  closeAll(): void {
    for (const { socket } of this.open.values()) socket.destroy();
  }

  private of(address: string): Connection[] {
    return [...this.open.values()].filter((one) => one.address === address && !one.socket.destroyed);
  }

  /** Those of the address that has the most. */
  private largest(): Connection[] {
    const addresses = new Set([...this.open.values()].map(({ address }) => address));
    return [...addresses].map((address) => this.of(address)).reduce((a, b) => (b.length > a.length ? b : a), []);
  }
}

/** Where all others are to be kept, the new one goes. */
function drop(connections: readonly Connection[], added: Connection): void {
  (connections.find(({ isKept }) => !isKept) ?? added).socket.destroy();
}

const keyOf = ({ remoteAddress = '', remotePort = 0 }: Ends): string => `${remoteAddress} ${remotePort}`;
