import type { EventEmitter } from 'node:events';
import type { DeviceError } from '../../base/errors';
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

export interface IncomingRequest {
  readonly request: RequestPrimitive;
  /** Topic, path or URL it came by, for messages. */
  readonly via: string;
  /** Absent where no answer is expected (no `rqi`). Settles when the answer is on its way; to be called at most once. */
  readonly answer?: (response: ResponsePrimitive) => Promise<void>;
}

export interface BindingEvents {
  /** Requests can be sent from now on. HTTP, which has no link, says it once, after `open`. */
  up: [];
  down: [DeviceError];
  /** Worth telling the user although the binding goes on. */
  problem: [DeviceError];
  /** Any answer, expected or not, once for each time it arrives. */
  response: [ResponsePrimitive, PeerTraits];
  request: [IncomingRequest];
  malformed: [MalformedPrimitive];
}

export interface SendOptions {
  /** MQTT: which topic the CREATE of an AE goes to; others ignore it. */
  readonly registration?: 'reg_req' | 'req';
  /** Once aborted the request is withdrawn, if it has not left yet, and `send` rejects. */
  readonly signal: AbortSignal;
}

/**
 * How primitives travel: TS-0010 (MQTT), TS-0009 (HTTP), TS-0020 (WebSocket). A binding matches nothing, retries nothing and
 * keeps no time: that is the client's (client.ts). Interchangeable: above it nobody can tell which one is below.
 */
export interface Binding {
  readonly name: BindingName;
  readonly events: EventEmitter<BindingEvents>;
  readonly isUp: boolean;
  /** Starts, and keeps the link up until `close`. Outcomes come as events. */
  open(): void;
  /**
   * Resolves when the request has left (MQTT: PUBACK; HTTP: with the answer, which is emitted before).
   * Rejects with LINK_LOST or CONNECT_FAILED (it has not arrived), TIMEOUT (nobody knows), BAD_VALUE (cannot be encoded) or
   * CONFIG (no receiver known).
   */
  send(request: RequestPrimitive, options: SendOptions): Promise<void>;
  /** From now on notifications for this originator arrive; again with another id after the CSE has assigned one. */
  listen(originator: string): Promise<void>;
  /** What an AE registers as `poa` so that the CSE reaches it here; empty where it cannot be reached. */
  readonly pointOfAccess: readonly string[];
  /** Always settles, within 5 s. `forget`: leaves nothing behind at a broker (TS-0010 6.3, clean leave). */
  close(options?: { readonly forget?: boolean }): Promise<void>;
}
