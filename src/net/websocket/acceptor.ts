import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws' with { 'resolution-mode': 'import' };
import { MAX_BODY_BYTES } from '../http/body';
import { refuseUpgrade } from '../http/server';
import { loadWebSockets } from './load';

export interface AcceptorOptions {
  /** Those that can be spoken, the preferred one first. A client that offers none of them is refused by itself. */
  readonly subprotocols: readonly string[];
  /** The longest message that is taken, in bytes; default 1 MB. */
  readonly maxMessageBytes?: number | undefined;
}

/** Does the server's part of WebSocket handshakes. It holds no sockets: those belong to who takes them. */
export class WebSocketAcceptor {
  private server: WebSocketServer | undefined;

  constructor(private readonly options: AcceptorOptions) {}

  /** Resolves when handshakes can be done. */
  async open(): Promise<void> {
    const { subprotocols, maxMessageBytes } = this.options;
    const { WebSocketServer } = await loadWebSockets();
    this.server ??= new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes ?? MAX_BODY_BYTES,
      handleProtocols: (offered) => subprotocols.find((one) => offered.has(one)) ?? false,
    });
  }

  /** `onSocket` gets the socket once its handshake is done; a handshake that is none is refused, and nobody hears of it. */
  accept(message: IncomingMessage, socket: Duplex, head: Buffer, onSocket: (socket: WebSocket) => void): void {
    if (this.server === undefined) refuseUpgrade(socket, '503 Service Unavailable');
    else this.server.handleUpgrade(message, socket, head, onSocket);
  }
}
