import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Channel } from '../channel/channel';
import type { Frame, FrameDecoder, Framing } from '../framing/framing';
import { LateAnswers } from '../framing/late-answers';
import { MAX_IN_FLIGHT, NO_IDS, TransactionIds, type RequestIds } from '../framing/transaction-ids';
import { decodeAnswer, encodeRequest, WrongAnswerError } from '../pdu/codec';
import type { ModbusRequest, ReadRequest } from '../pdu/request';
import type { Ending, Instead, Link, Settle } from './link';

interface Pending {
  readonly unit: number;
  readonly request: ModbusRequest;
  readonly settle: Settle;
  readonly anyDoes: boolean;
}

/** What is to be known of the peer and the line; it may change while the connection lasts. Times in ms. */
export interface Manner {
  /** The peer closes after each answer, so that it bears one request. Looked at once. */
  readonly isSingle?: boolean | undefined;
  /** Its peer closes nothing: where it ends by itself, it is broken. */
  readonly isLine?: boolean;
  /** What is sent, and what is answered, may be lost on the way. */
  readonly isLossy?: boolean;
  /** Between what has come last and the next request. */
  readonly pauseMs?: number;
  /** After a broadcast, which nobody answers: units need time for it. Source: MODBUS over Serial Line V1.02, section 2.4.1. */
  readonly turnaroundMs?: number;
  /** While one request is in flight, an answer from another unit or with an id that nobody gave is taken for its answer. */
  readonly isLenient?: boolean;
}

export interface ConnectionOptions {
  readonly now?: () => number;
  readonly manner?: Manner;
  /** What units owe from connections before. */
  readonly late?: LateAnswers;
}

const NOTHING = new Uint8Array();
const EXCEPTION_FLAG = 0x80;
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
  private readonly late: LateAnswers;
  private readonly manner: Manner;
  private readonly now: () => number;
  private isSingle: boolean;
  private frames = 0;
  private strayFrames = 0;
  /** The unit that the last answer was from that nobody waited for, since the last request went out. */
  private strayUnit: number | undefined;
  private end: Ending | undefined;
  private lastHeard: number;
  /** What is in flight was sent after a rest, and nothing has come since. */
  private isAfterRest = false;
  private quietUntil = 0;
  private closing: Promise<void> | undefined;

  /** Takes `channel` over. */
  constructor(
    private readonly channel: Channel,
    private readonly framing: Framing,
    { now = () => 0, late = new LateAnswers(), manner = {} }: ConnectionOptions = {},
  ) {
    this.isSingle = manner.isSingle === true;
    this.manner = manner;
    this.now = now;
    this.late = late;
    this.lastHeard = now();
    this.ids = this.isInTurn ? NO_IDS : new TransactionIds();
    this.decoder = framing.createDecoder();
    channel.events.on('data', (chunk) => this.receive(chunk));
    channel.events.on('closed', (reason) => this.finish(reason, this.endingByPeer()));
  }

  /** Answers belong to requests by their order alone. */
  get isInTurn(): boolean {
    return this.framing.matching === 'in-turn';
  }

  /** 1 also where the peer closes after each answer: whatever was beside the first would be lost. */
  get maxInFlight(): number {
    return this.isInTurn || this.isSingle || this.manner.isLenient === true ? 1 : MAX_IN_FLIGHT;
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

  get isLossy(): boolean {
    return this.manner.isLossy === true;
  }

  /** When nothing of a connection that has ended is left. */
  get gone(): Promise<void> | undefined {
    return this.closing;
  }

  /** Half an answer is here. If the rest does not come, whatever follows would be taken for it, unless the next request drops it. */
  get isMidAnswer(): boolean {
    return this.decoder.isMidFrame && !this.isInTurn;
  }

  /** So long the line has to stay silent before the next request; ms. */
  get restMs(): number {
    return this.quietUntil === 0 ? 0 : Math.max(0, this.quietUntil - this.now());
  }

  /** What to ask a unit first, so that no late answer of it can pass for that to `request`. */
  askBefore(unit: number, request: ModbusRequest): ReadRequest | undefined {
    return this.isInTurn ? this.late.askBefore(unit, request) : undefined;
  }

  /** What came in place of the answer to the request that was sent last. */
  get instead(): Instead | undefined {
    if (!this.isInTurn) return undefined;
    if (this.strayUnit !== undefined) return { kind: 'stray', unit: this.strayUnit };
    return this.decoder.isNoisy ? { kind: 'noise' } : undefined;
  }

  /** Sends a request and calls `settle` once, unless the returned function gives the request up before. */
  send(unit: number, request: ModbusRequest, settle: Settle, anyDoes = false): () => void {
    if (this.pending.size === 0) this.isAfterRest = this.now() - this.lastHeard >= REST_MS;
    const id = this.transmit(unit, request);
    this.pending.set(id, { unit, request, settle, anyDoes });
    return () => {
      if (!this.pending.delete(id)) return;
      this.ids.abandon(id);
      if (this.isInTurn) this.late.gaveUp(unit, request);
    };
  }

  /** Sends what nobody answers; resolves when the operating system has taken it, rejects when the connection is gone. */
  sendUnanswered(unit: number, request: ModbusRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.transmit(unit, request, (error) => {
        this.keepQuiet(this.manner.turnaroundMs);
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
    if (this.decoder.isMidFrame || this.manner.isLine === true) return 'broken';
    if (this.pending.size === 0 || this.isAfterRest) return 'idle';
    return this.frames === 1 ? 'after-answer' : 'broken';
  }

  /** Closes although nothing is wrong; to be called only while nothing is in flight. */
  rest(): void {
    this.finish(new DeviceError(ErrorCode.CLOSED, `${this.channel.name}: closed between two polls`), 'idle');
  }

  private finish(reason: DeviceError, ending: Ending): void {
    if (this.end !== undefined) return;
    this.end = ending;
    this.closing = Promise.resolve(this.channel.close());
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { settle } of waiting) settle(reason, NOTHING);
    this.events.emit('closed', reason, ending);
  }

  /** Answers the id that an answer will have. */
  private transmit(unit: number, request: ModbusRequest, taken?: (error?: DeviceError) => void): number {
    const pdu = encodeRequest(request);
    const id = this.ids.take();
    const frame = { id, unit, pdu };
    if (this.isInTurn) this.decoder.reset(frame);
    this.strayUnit = undefined;
    this.keepQuiet(this.manner.pauseMs);
    this.channel.write(this.framing.encode(frame), taken);
    return id;
  }

  private keepQuiet(ms = 0): void {
    if (ms > 0) this.quietUntil = this.now() + ms;
  }

  private receive(chunk: Buffer): void {
    this.keepQuiet(this.manner.pauseMs);
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
      this.frames++;
      this.lastHeard = this.now();
      this.isAfterRest = false;
      this.accept(frame);
      this.events.emit('answered');
    }
  }

  /** Answers nobody waits for (late, of a broadcast, of another unit, of no request at all) are dropped. */
  private accept(frame: Frame): void {
    const id = this.isInTurn ? this.requestInTurn(frame) : this.requestById(frame);
    const pending = id === undefined ? undefined : this.pending.get(id);
    if (id === undefined || pending === undefined) return;
    this.pending.delete(id);
    let bytes: Uint8Array;
    try {
      if (frame.unit !== pending.unit && this.manner.isLenient !== true) {
        throw new WrongAnswerError(pending.unit, pending.request, `it came from unit ${frame.unit}`);
      }
      bytes = decodeAnswer(pending.unit, pending.request, frame.pdu);
    } catch (error) {
      pending.settle(error instanceof WrongAnswerError ? error.withoutNumbers : (error as DeviceError), NOTHING);
      return;
    }
    pending.settle(undefined, bytes);
  }

  /** Which request a frame is for; undefined for none. */
  private requestById({ id }: Frame): number | undefined {
    const isKnown = this.ids.isKnown(id);
    if (!isKnown) this.strayFrames++;
    const [only] = this.pending.keys();
    if (!isKnown && this.manner.isLenient === true && this.pending.size === 1 && only !== undefined) {
      this.ids.release(only);
      return only;
    }
    this.ids.release(id);
    return id;
  }

  private requestInTurn(frame: Frame): number | undefined {
    const [entry] = this.pending;
    const pending = entry?.[1];
    const isTheirs = pending !== undefined && (frame.unit === pending.unit || this.manner.isLenient === true);
    const asked = isTheirs ? pending : undefined;
    const unit = asked?.unit ?? frame.unit;
    const isLate = this.late.isLate({ ...frame, unit }, asked?.request, asked?.anyDoes === true);
    if (asked !== undefined && !isLate && functionOf(frame) === asked.request.function) return entry?.[0];
    this.strayFrames++;
    this.strayUnit = frame.unit;
    return undefined;
  }
}

const functionOf = ({ pdu }: Frame): number => (pdu[0] ?? 0) & ~EXCEPTION_FLAG;
