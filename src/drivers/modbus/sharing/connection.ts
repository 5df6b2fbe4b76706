import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Channel } from '../channel/channel';
import type { Frame, FrameDecoder, Framing } from '../framing/framing';
import { MAX_IN_FLIGHT, NO_IDS, TransactionIds, type RequestIds } from '../framing/transaction-ids';
import { decodeAnswer, encodeRequest, WrongAnswerError } from '../pdu/codec';
import type { ModbusRequest } from '../pdu/request';
import type { Ending, Link, Settle } from './link';

interface Pending {
  readonly unit: number;
  readonly request: ModbusRequest;
  readonly settle: Settle;
}

const NOTHING = new Uint8Array();
/** A peer that closes behind a request that came after so long a rest did so because of the rest: the two have crossed. */
const REST_MS = 1000;

/**
 * One open channel, its framing, and the requests in flight on it. It decides nothing about order, timeouts or reconnecting.
 * When the peer closes, when what comes cannot be frames, and when `destroy` is called, all requests fail at once.
 */
export class Connection implements Link {
  /** `answered`: after each answer was handed over. `closed`: once, after the last request has failed. */
  readonly events = new EventEmitter<{ answered: []; closed: [DeviceError, Ending] }>();
  private readonly decoder: FrameDecoder;
  private readonly ids: RequestIds;
  private readonly pending = new Map<number, Pending>();
  private frames = 0;
  private strayFrames = 0;
  private end: Ending | undefined;
  private lastHeard: number;
  /** What is in flight was sent after a rest, and nothing has come since. */
  private isAfterRest = false;

  /** Takes `channel` over. `isSingle`: the peer closes after each answer, so that it bears one request. `now` in ms. */
  constructor(
    private readonly channel: Channel,
    private readonly framing: Framing,
    private isSingle = false,
    private readonly now: () => number = () => 0,
  ) {
    this.lastHeard = now();
    const isById = framing.matching === 'by-id';
    this.ids = isById ? new TransactionIds() : NO_IDS;
    this.decoder = framing.createDecoder();
    channel.events.on('data', (chunk) => this.receive(chunk));
    channel.events.on('closed', (reason) => this.finish(reason, this.endingByPeer()));
  }

  /** 1 also where the peer closes after each answer: whatever was beside the first would be lost. */
  get maxInFlight(): number {
    return this.framing.matching === 'by-id' && !this.isSingle ? MAX_IN_FLIGHT : 1;
  }

  /** It bears no request any more. */
  get isSpent(): boolean {
    return this.end !== undefined || (this.isSingle && this.frames > 0);
  }

  /** How it ended, if it has. */
  get ending(): Ending | undefined {
    return this.end;
  }

  /** The peer did not close after its answer: it bears further requests. */
  keep(): void {
    this.isSingle = false;
  }

  /** How many answers have come so far: while this does not grow, the peer is silent. */
  get received(): number {
    return this.frames;
  }

  /** How many of them belong to no request of ours, not even to one that was given up. */
  get strays(): number {
    return this.strayFrames;
  }

  /** Half an answer is here. If the rest does not come, whatever follows would be taken for it. */
  get isMidAnswer(): boolean {
    return this.decoder.isMidFrame;
  }

  /** Sends a request and calls `settle` once, unless the returned function gives the request up before. */
  send(unit: number, request: ModbusRequest, settle: Settle): () => void {
    if (this.pending.size === 0) this.isAfterRest = this.now() - this.lastHeard >= REST_MS;
    const id = this.transmit(unit, request);
    this.pending.set(id, { unit, request, settle });
    return () => {
      if (this.pending.delete(id)) this.ids.abandon(id);
    };
  }

  /** Sends what nobody answers; resolves when the operating system has taken it, rejects when the connection is gone. */
  sendUnanswered(unit: number, request: ModbusRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.transmit(unit, request, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
      this.ids.abandon(id);
    });
  }

  /** Closes at once; what is in flight fails with `reason`. */
  destroy(reason: DeviceError): void {
    this.finish(reason, 'broken');
  }

  private endingByPeer(): Ending {
    if (this.decoder.isMidFrame) return 'broken';
    if (this.pending.size === 0 || this.isAfterRest) return 'idle';
    return this.frames === 1 ? 'after-answer' : 'broken';
  }

  private finish(reason: DeviceError, ending: Ending): void {
    if (this.end !== undefined) return;
    this.end = ending;
    this.channel.close();
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { settle } of waiting) settle(reason, NOTHING);
    this.events.emit('closed', reason, ending);
  }

  /** Answers the id that an answer will have. */
  private transmit(unit: number, request: ModbusRequest, taken?: (error?: DeviceError) => void): number {
    const pdu = encodeRequest(request);
    const id = this.ids.take();
    if (this.framing.matching === 'in-turn') this.decoder.reset();
    this.channel.write(this.framing.encode({ id, unit, pdu }), taken);
    return id;
  }

  private receive(chunk: Buffer): void {
    let frames: Frame[];
    try {
      frames = this.decoder.push(chunk);
    } catch (error) {
      const { message, advice } = toDeviceError(error, ErrorCode.BAD_RESPONSE);
      // Without the numbers found, which differ each time: the same error again and again must be one.
      const text = `${this.channel.name}: ${message.replace(/ \([^()]*\)$/, '')}`;
      const options = { cause: error, ...(advice === undefined ? {} : { advice }) };
      this.destroy(new DeviceError(ErrorCode.LINK_LOST, text, options));
      return;
    }
    for (const frame of frames) {
      this.accept(frame);
      this.events.emit('answered');
    }
  }

  /** Answers nobody waits for (late, of a broadcast, of no request at all) are dropped. */
  private accept({ id, unit, pdu }: Frame): void {
    this.frames++;
    this.lastHeard = this.now();
    this.isAfterRest = false;
    if (!this.ids.isKnown(id)) this.strayFrames++;
    this.ids.release(id);
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    this.pending.delete(id);
    let bytes: Uint8Array;
    try {
      if (unit !== pending.unit) {
        throw new WrongAnswerError(pending.unit, pending.request, `it came from unit ${unit}`);
      }
      bytes = decodeAnswer(unit, pending.request, pdu);
    } catch (error) {
      pending.settle(error instanceof WrongAnswerError ? error.withoutNumbers : (error as DeviceError), NOTHING);
      return;
    }
    pending.settle(undefined, bytes);
  }
}
