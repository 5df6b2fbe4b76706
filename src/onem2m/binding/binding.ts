import type { EventEmitter } from 'node:events';
import type { DeviceError } from '../../base/errors';
import type { ClientCertificate } from '../../net/http/serve';
import type { Serialization } from '../primitive/codec';
import type { MalformedPrimitive, RequestPrimitive, ResponsePrimitive } from '../primitive/primitives';

export type BindingName = 'mqtt' | 'http' | 'websocket';

/** What the wire told about the CSE besides the primitive itself; profiles are recognized by it. */
export interface PeerTraits {
  /** MQTT: whether the response topic ended with a level for the serialization. */
  readonly hasTypeLevel?: boolean;
  /** Numbers were written as floats (`2001.0`). */
  readonly hasFloats?: boolean;
  /** HTTP: the `Server` header. */
  readonly server?: string;
}

/** A request of somebody else, whichever way it came: a receiver, or a polling channel. */
export interface IncomingRequest {
  readonly request: RequestPrimitive;
  /** Topic, path or URL it came by, for messages. */
  readonly via: string;
  /** Absent where no answer is expected (no `rqi`). Settles when the answer is on its way; to be called at most once. */
  readonly answer?: (response: ResponsePrimitive) => Promise<void>;
  /** Both absent where it was fetched: through a polling channel. */
  readonly transport?: BindingName;
  readonly sender?: SenderFacts;
}

/** What a transport knows of who sent a request, besides what the request says of itself. */
export interface SenderFacts {
  /**
   * MQTT: the originator level of the topic, as ids in topics are written (`Cae`, `cse:Cae`, a credential id); WebSocket: the
   * X-M2M-Origin of the handshake. A claim: worth as much as the broker's access list, or the account or certificate beside it.
   */
  readonly originator?: string;
  /** The name under which it has logged in, where the receiver checks accounts. */
  readonly account?: string;
  /** The TLS client certificate that it has shown, where the receiver asks for one. */
  readonly certificate?: ClientCertificate;
  /** IP address; a proxy's, where there is one. Unknown over MQTT. */
  readonly address?: string;
}

/** A request that came to a receiver. */
export interface ReceivedRequest extends IncomingRequest {
  readonly transport: BindingName;
  /** How it was written, and its answer will be. */
  readonly serialization: Serialization;
  /** MQTT: it came by a topic `reg_req`; else: it is the CREATE of an AE or a remoteCSE. */
  readonly isRegistration: boolean;
  readonly sender: SenderFacts;
  /**
   * Aborted when the sender can be answered no more: HTTP: it has closed the connection, or was given up; WebSocket: its socket is
   * closed; MQTT: the broker is gone, though the answer may still reach it once that is back. Also when the receiver is closed.
   */
  readonly gone: AbortSignal;
}

/** What senders and receivers tell: `response` comes of senders only, `request` of receivers only. */
export interface BindingEvents {
  /** Requests can be sent, or come in, from now on. HTTP, which has no link, says it once, after `open`. */
  up: [];
  down: [DeviceError];
  /** Worth telling the user although the binding goes on. */
  problem: [DeviceError];
  /** Any answer, expected or not, once for each time it arrives. */
  response: [ResponsePrimitive, PeerTraits];
  request: [ReceivedRequest];
  malformed: [MalformedPrimitive];
}

export interface SendOptions {
  /** MQTT: which topic the CREATE of an AE goes to; others ignore it. */
  readonly registration?: 'reg_req' | 'req';
  /** Once aborted the request is withdrawn, if it has not left yet, and `send` rejects. */
  readonly signal: AbortSignal;
  /** Told why the request does not get through, as it seems, while it is still tried. */
  readonly onSetback?: (error: DeviceError) => void;
  /**
   * Who is to get it, instead of the receiver that the sender was made for: the id of a CSE or AE (`/in-cse`, `Cae`). MQTT: the
   * receiver level of the topic; WebSocket, where sockets were accepted: whose socket. HTTP, and a socket of one's own, have no use for it.
   */
  readonly receiver?: string;
  /**
   * Where it is to go, instead of the address that the sender was made for: a point of access or notification URI of the sender's own
   * protocol. MQTT: with a path, that is the topic (TS-0010 6.6.4). HTTP: the path of the request's `to` comes after it; with an
   * empty `to` it is the whole address. WebSocket: `ws://default` is the socket that the receiver has opened itself.
   */
  readonly pointOfAccess?: string;
  /** Instead of that of the sender. */
  readonly serialization?: Serialization;
}

/** What ends with `close`. `forget`: leaves nothing behind at a broker (TS-0010 6.3, clean leave). */
export interface CloseOptions {
  readonly forget?: boolean;
}

/**
 * How requests leave: TS-0010 (MQTT), TS-0009 (HTTP), TS-0020 (WebSocket). A sender matches nothing, retries nothing and keeps no time:
 * that is the client's (client.ts). Interchangeable: above it nobody can tell which one is below.
 */
export interface RequestSender {
  readonly name: BindingName;
  readonly events: EventEmitter<BindingEvents>;
  readonly isUp: boolean;
  /** Starts, and keeps the link up until `close`. Outcomes come as events. */
  open(): void;
  /**
   * Resolves when the request has left (MQTT: PUBACK; HTTP: with the answer, which is emitted before).
   * Rejects with LINK_LOST or CONNECT_FAILED (it has not arrived), TIMEOUT (nobody knows), BAD_VALUE (cannot be encoded) or
   * CONFIG (no receiver known, or a point of access that this sender does not speak).
   */
  send(request: RequestPrimitive, options: SendOptions): Promise<void>;
  /** Always settles, within 5 s. */
  close(options?: CloseOptions): Promise<void>;
}

/** How requests come in, and are answered. */
export interface RequestReceiver {
  readonly name: BindingName;
  readonly events: EventEmitter<BindingEvents>;
  /** Starts, and keeps on until `close`. Outcomes come as events. */
  open(): void;
  /** From now on requests for this originator arrive; again with another id after the CSE has assigned one. */
  listen(originator: string): Promise<void>;
  /**
   * From now on all requests for this CSE (`/in-cse`) arrive, whoever sends them. MQTT: all on its topics; rejects where the broker
   * refuses them. HTTP and WebSocket, where all that comes to the receiver is for whom it serves, look no further.
   */
  serve(cseID: string): Promise<void>;
  /** What an AE or a CSE gives as `poa` so that it is reached here; empty where it cannot be reached. */
  readonly pointOfAccess: readonly string[];
  /** Always settles, within 5 s; nobody waits for an answer any more. */
  close(options?: CloseOptions): Promise<void>;
}

/** Both in one: an AE sends and is notified over the same link. */
export interface Binding extends RequestSender, RequestReceiver {}
