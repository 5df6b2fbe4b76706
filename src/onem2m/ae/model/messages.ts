/** What goes in and out of an AE, without Node-RED: docs/contract.md#onem2m-ae says what a flow sees. */

/** A message to the AE: `msg.operation`, `msg.payload`, `msg.topic`, `msg.onem2m` and what operations read beyond that. */
export type AeMessage = Readonly<Record<string, unknown>>;

/** `msg.onem2m` of a result. */
export interface ResultInfo {
  /** `create`, `push`, `discover`, ...: as asked. */
  readonly op: string;
  /** The address as sent. */
  readonly to: string;
  readonly ty?: number;
  readonly rsc: number;
  readonly rscText: string;
  readonly rqi: string;
  readonly rvi?: string;
  readonly durationMs: number;
  /** The response primitive as it came. */
  readonly raw: unknown;
}

export interface AeResult {
  /** Decoded content, or the representation without its wrapper. */
  readonly payload: unknown;
  readonly onem2m: ResultInfo;
}

/** Output 2. */
export interface AeNotification {
  /** Decoded content of a contentInstance, else the representation without its wrapper. */
  readonly payload: unknown;
  /** The resource that is subscribed to, CSE-relative or as the peer names it. */
  readonly topic: string;
  readonly onem2m: {
    /** `update delete createChild deleteChild retrieve trigger blockingUpdate missingData`, `subscriptionDeleted`, or `unknown`. */
    readonly event: string;
    /** Address of the subscription. */
    readonly subscription: string;
    readonly representation: unknown;
    readonly creator?: string;
    /** Set where this node did not make the subscription. */
    readonly unknown?: true;
    /** Place in its batch, from 0, and its size. */
    readonly batch?: { readonly index: number; readonly size: number };
  };
}

/** Output 3. `event`: `registered resumed refreshed restored deregistered forgotten verified subscriptionDeleted found gone late request linkUp linkDown`. */
export interface AeLifeEvent {
  readonly event: string;
  readonly payload: unknown;
  readonly topic?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
