import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { receive } from './receive.mjs';
import { decode, encode } from './wire.mjs';

/** The WebSocket binding (TS-0020) of a CSE: requests both ways over the connections that AEs open. */
export class WebSocketTransport {
  #cse;
  #server;
  /** The connection of each originator, the newest. */
  #connections = new Map();

  constructor(cse, { port = 0 } = {}) {
    this.#cse = cse;
    this.port = port;
  }

  async start() {
    this.#server = new WebSocketServer({ host: '127.0.0.1', port: this.port, handleProtocols: chooseProtocol });
    this.#server.on('connection', (socket, request) => this.#accept(socket, request));
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#server.clients) socket.terminate();
    this.#connections.clear();
    await closed;
  }

  isOpen(originator) {
    return this.#connections.has(originator);
  }

  /** A request to whoever has this connection. */
  send(originator, primitive) {
    this.#cse.note({ websocket: originator, primitive });
    const socket = this.#connections.get(originator);
    socket?.send(encode(primitive, serializationOf(socket), this.#cse.habits), { binary: isBinary(socket) });
  }

  #accept(socket, { socket: stream }) {
    stream.setNoDelay(true);
    const hangUp = new AbortController();
    socket.on('error', () => undefined);
    socket.on('close', () => {
      hangUp.abort();
      for (const [originator, each] of this.#connections) {
        if (each === socket) this.#connections.delete(originator);
      }
    });
    socket.on('message', (payload) => {
      this.#take(socket, payload, hangUp.signal).catch((error) => this.#cse.failed(error));
    });
  }

  async #take(socket, payload, gone) {
    const serialization = serializationOf(socket);
    const primitive = decode(payload, serialization);
    const response = primitive?.['m2m:rsp'] ?? primitive;
    if (response?.rsc !== undefined) return void this.#cse.outgoing.settle(response);
    const answer = await receive(this.#cse, primitive, { transport: 'ws', gone });
    const originator = answer?.pc?.['m2m:ae']?.aei ?? primitive?.fr;
    if (originator !== undefined) this.#connections.set(originator, socket);
    for (const body of this.#cse.bodies(answer, serialization, primitive)) {
      socket.send(body, { binary: isBinary(socket) });
    }
    this.#cse.flush();
  }
}

/** `oneM2M.json` or `oneM2M.cbor`, also with a release in the middle. */
const chooseProtocol = (offered) => [...offered].find((name) => /^oneM2M\..*(json|cbor)$/i.test(name)) ?? false;

const serializationOf = ({ protocol }) => (/cbor$/i.test(protocol) ? 'cbor' : 'json');
const isBinary = (socket) => serializationOf(socket) === 'cbor';
