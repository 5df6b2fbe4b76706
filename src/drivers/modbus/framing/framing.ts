/** One message to or from a unit, apart from how it is packed. */
export interface Frame {
  /** What an answer is matched by to its request; always 0 in a framing that matches in turn. */
  readonly id: number;
  /** 0-255; 0 is broadcast. */
  readonly unit: number;
  /** Function code and data, 1-253 bytes. */
  readonly pdu: Uint8Array;
}

/** How messages are packed into the bytes of a channel, and how an answer finds its request. */
export interface Framing {
  /**
   * `by-id`: each answer names its request, so that many may be in flight and come back in any order.
   * `in-turn`: an answer belongs to the one request in flight; there is never a second.
   */
  readonly matching: 'by-id' | 'in-turn';
  /** The bytes of one frame, to be written in one piece. */
  encode(frame: Frame): Uint8Array;
  /** For the bytes of one channel, from its opening on. */
  createDecoder(): FrameDecoder;
}

/** Cuts what comes over a channel into frames, in whatever pieces it comes. */
export interface FrameDecoder {
  /** The beginning of a frame is here, its end is not. */
  readonly isMidFrame: boolean;
  /** Bytes came since the last `reset` that belong to no frame. */
  readonly isNoisy: boolean;
  /**
   * The frames that `chunk` completes; they may be views of it. Throws DeviceError BAD_RESPONSE where the bytes cannot be
   * frames: the stream is then out of step for good, and its channel must be closed.
   */
  push(chunk: Buffer): Frame[];
  /**
   * Forgets half a frame. Called before each request where answers come in turn: what is left over is of an earlier one.
   * `request`: the one that goes out now, whose answer is looked for.
   */
  reset(request?: Frame): void;
}
