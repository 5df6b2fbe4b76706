import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { expireAfter } from '../../../base/deadline';
import type { Clock, TimerHandle } from '../../../base/ports';
import { isException, ModbusException } from '../pdu/exceptions';
import { checkOf, type Job, type Sharer } from './job';
import { describeRequest, isReadRequest, type ModbusRequest, type ReadRequest } from '../pdu/request';
import { Depth } from './depth';
import { cameInstead, isDrivenAway, isTrouble, mayBeLost, mayBeOvertaken, type Flight } from './flight';
import type { Link } from './link';
import { silenceError } from './silence';
import { Turns } from './turns';
import { Units } from './units';

export interface SchedulerHooks {
  /** A request timed out; `mute`: nothing at all came over the link all that time. */
  readonly onUnanswered: (mute: boolean) => void;
  /** The link is young and nothing has come over it yet: its peer may not hear yet. */
  readonly mayBeDeaf: () => boolean;
  /** There is something to send and no link, which is only suspended. */
  readonly onWanted: () => void;
  /** From now on there is one request at a time: `why` is a clause about the peer. */
  readonly onOneAtATime: (why: string) => void;
}

const NOTHING = new Uint8Array();

/** From then on the unit of an unanswered request gets no other. */
export const OVERDUE_MS = 1000;

/** After a silent unit on a line was asked in vain, none is asked for so many times as long, as long as there are units that answer. */
const REST_FROM_SILENCE = 9;
const LONGEST_REST_MS = 30_000;

/**
 * Whose request is sent when. Sharers take turns (Turns); never more than `pipelining` requests are in flight, because there are
 * gateways that drop the older of two.
 *
 * A unit that does not answer gets one request at a time, beginning with what it answered last; where that is not answered
 * either, its requests fail at once for a growing pause. Where several may be in flight, one place is always free for the other units; where it is one, they
 * wait for as long as the answer may take, and on a line silent units cost them a tenth of the time at most.
 */
export class Scheduler {
  private readonly turns = new Turns();
  private readonly depth = new Depth();
  private readonly units = new Units();
  private readonly inFlight = new Set<Flight>();
  private link: Link | undefined;
  private suspended = false;
  private retreating = false;
  private usedAt = 0;
  private stopReason: DeviceError | undefined;
  private restTimer: TimerHandle;
  /** When silent units may be asked again, on a line. */
  private silentFrom = 0;

  constructor(
    private readonly clock: Clock,
    private readonly hooks: SchedulerHooks,
  ) {}

  /** Takes requests on although there is no link. */
  get isSuspended(): boolean {
    return this.suspended;
  }

  get isEmpty(): boolean {
    return this.turns.isEmpty;
  }

  /** Nothing is in flight or waits. */
  get isIdle(): boolean {
    return this.inFlight.size === 0 && !this.turns.hasWaiting;
  }

  /** When a request was settled last; ms. */
  get lastUsed(): number {
    return this.usedAt;
  }

  /** The peer broke the link, but only because of how many requests were in flight: their reads are asked again on the next link. */
  get isRetreating(): boolean {
    return this.retreating;
  }

  get areAllSilent(): boolean {
    return this.units.areAllSilent;
  }

  isSilent(unit: number): boolean {
    return this.units.isSilent(unit);
  }

  isAnswering(unit: number): boolean {
    return this.units.isAnswering(unit);
  }

  /** How many requests the unit has answered so far. */
  answersOf(unit: number): number {
    return this.units.get(unit)?.answers ?? 0;
  }

  add(sharer: Sharer): void {
    this.turns.add(sharer);
    this.units.add(sharer.unit);
  }

  /** Fails what the sharer waits for; answers to what is in flight are still awaited, for the sake of the others' turn. */
  remove(sharer: Sharer, reason: DeviceError): void {
    for (const job of this.turns.remove(sharer)) job.fail(reason);
    for (const { job } of this.inFlight) if (job.sharer === sharer) job.fail(reason);
    if (![...this.turns.sharers].some(({ unit }) => unit === sharer.unit)) this.units.remove(sharer.unit);
    if (this.turns.isEmpty) this.clock.clearTimeout(this.restTimer);
  }

  /** Whether the unit answers something else than what it did not answer just now; false where nothing else is known. */
  async isThere(sharer: Sharer, timeoutMs: number): Promise<boolean> {
    const unit = this.units.get(sharer.unit);
    const witness = unit?.otherWitness;
    if (unit?.isSuspect !== true || unit.isSilent || witness === undefined || timeoutMs <= 0) return false;
    const check = checkOf(sharer, witness, timeoutMs);
    this.submit(check);
    await check.answer.catch(() => undefined);
    return unit.isAnswering;
  }

  /** Sends one request at a time, whatever the sharers bear. */
  goOneByOne(): void {
    this.depth.fallBack();
  }

  /** The link is up: what waits is sent. */
  start(link: Link): void {
    this.link = link;
    this.suspended = false;
    this.dispatch();
  }

  /** The link is gone, but not lost: nothing was in flight. The next request asks for another (`onWanted`). */
  suspend(): void {
    this.link = undefined;
    this.suspended = true;
    this.retreating = false;
    if (this.turns.hasWaiting) this.hooks.onWanted();
  }

  /** The link is gone, and with it what was in flight; what waits fails with `reason`. */
  stop(reason: DeviceError): void {
    this.link = undefined;
    this.suspended = false;
    this.stopReason = reason;
    this.units.linkLost();
    for (const flight of this.inFlight) {
      this.land(flight);
      flight.job.fail(reason);
    }
    for (const job of this.turns.drain()) job.fail(reason);
  }

  /** Takes a request on; it settles by itself. */
  submit(job: Job): void {
    if (!this.turns.has(job.sharer) || (this.link === undefined && !this.suspended)) {
      job.fail(this.stopReason ?? new DeviceError(ErrorCode.LINK_LOST, 'not connected'));
      return;
    }
    this.turns.append(job);
    if (this.suspended) this.hooks.onWanted();
    else this.dispatch();
  }

  private dispatch(): void {
    while (this.link !== undefined && this.hasPlace(this.link)) {
      if (this.link.restMs > 0 && this.turns.hasWaiting) {
        this.wakeIn(this.link.restMs);
        return;
      }
      const job = this.takeNext(this.depthOf(this.link));
      if (job === undefined) return;
      this.send(job, this.link);
    }
  }

  /** Looks again after `ms`, and not only when something is settled or asked for. */
  private wakeIn(ms: number): void {
    this.clock.clearTimeout(this.restTimer);
    this.restTimer = this.clock.setTimeout(() => this.dispatch(), Math.ceil(ms));
  }

  private hasPlace(link: Link): boolean {
    return !link.isSpent && this.inFlight.size < this.depthOf(link);
  }

  /** How many requests may be in flight on a link. */
  depthOf({ maxInFlight }: Link): number {
    return this.depth.of(this.turns.sharers, maxInFlight);
  }

  /** The request whose turn it is, or what has to be asked before it. */
  private takeNext(depth: number): Job | undefined {
    const now = this.clock.now();
    const isResting = now < this.silentFrom && this.units.isAnyAnswering;
    const job = this.turns.first(
      (jobs) => this.dropHopeless(jobs),
      ({ unit }) => !this.isBlocked(unit, depth) && !(isResting && this.isSilent(unit)),
    );
    if (job === undefined) {
      if (isResting && this.inFlight.size === 0 && this.turns.hasWaiting) this.wakeIn(this.silentFrom - now);
      return undefined;
    }
    // Where the depth is ours to find, nobody knows what a write beside others does: it goes alone.
    const isAlone = job.sharer.pipelining === 'auto' && !isReadRequest(job.request);
    if (isAlone && this.inFlight.size > 0) return undefined;
    const check = this.checkBefore(job);
    this.turns.pass(job.sharer, check === undefined, now);
    return check ?? job;
  }

  /** What shows whether the unit of `job` is there at all, where that is in doubt. */
  private checkBefore(job: Job): Job | undefined {
    if (job.options.probe === true) return undefined;
    const unit = this.units.get(job.unit);
    const witness = unit?.isSuspect === true ? unit.witnessBefore(job.request) : undefined;
    const before = (request: ModbusRequest): ReadRequest | undefined => this.link?.askBefore(job.unit, request);
    const first = before(job.request) ?? (witness && (before(witness) ?? witness));
    return first && checkOf(job.sharer, first, job.options.timeoutMs);
  }

  /** Takes out what nobody waits for, and fails what its unit would not answer. */
  private dropHopeless(queue: Job[]): void {
    for (let job = queue[0]; job !== undefined; job = queue[0]) {
      const refusal = job.options.probe === true ? undefined : this.units.get(job.unit)?.refusal(this.clock.now());
      if (refusal !== undefined) job.fail(refusal);
      if (!job.isSettled) return;
      queue.shift();
    }
  }

  /** A unit that is slow or silent gets one request at a time, and no unit takes the last place from the others. */
  private isBlocked(unit: number, depth: number): boolean {
    const shared = this.units.size > 1 ? Math.max(1, depth - 1) : depth;
    let own = 0;
    let doubtful = 0;
    for (const { job, isOverdue } of this.inFlight) {
      if (job.unit === unit && (isOverdue || this.units.isSuspect(unit))) return true;
      if (job.unit === unit) own++;
      if (isOverdue || this.units.isSuspect(job.unit)) doubtful++;
    }
    return own >= shared || (this.units.isSuspect(unit) && doubtful >= shared);
  }

  private send(job: Job, link: Link): void {
    const { timeoutMs } = job.options;
    const flight: Flight = {
      job,
      sentAt: this.clock.now(),
      place: this.inFlight.size + 1,
      receivedBefore: link.received,
      straysBefore: link.strays,
      verdictsBefore: this.units.get(job.unit)?.verdicts ?? 0,
      isBeside: this.inFlight.size > 0,
      isOverdue: false,
      giveUp: () => undefined,
      callOff: () => undefined,
    };
    flight.callOff =
      timeoutMs > OVERDUE_MS
        ? expireAfter(this.clock, OVERDUE_MS, () => this.makeOverdue(flight, timeoutMs - OVERDUE_MS))
        : expireAfter(this.clock, timeoutMs, () => this.expire(flight));
    for (const other of this.inFlight) other.isBeside = true;
    this.inFlight.add(flight);
    if (job.options.isBroadcast === true) {
      link.sendUnanswered(job.unit, job.request).then(
        () => this.settle(flight, undefined, NOTHING),
        (error: unknown) => this.settle(flight, toDeviceError(error, ErrorCode.LINK_LOST), NOTHING),
      );
      return;
    }
    const settle = (error: DeviceError | undefined, bytes: Uint8Array): void => this.settle(flight, error, bytes);
    flight.giveUp = link.send(job.unit, job.request, settle, job.options.probe);
  }

  private makeOverdue(flight: Flight, restMs: number): void {
    flight.isOverdue = true;
    flight.callOff = expireAfter(this.clock, restMs, () => this.expire(flight));
  }

  private settle(flight: Flight, error: DeviceError | undefined, bytes: Uint8Array): void {
    if (!this.land(flight)) return;
    const { job } = flight;
    const unit = job.options.isBroadcast === true ? undefined : this.units.get(job.unit);
    if (isException(error, ModbusException.GATEWAY_PATH_UNAVAILABLE, ModbusException.GATEWAY_TARGET_FAILED)) {
      unit?.unanswered(this.clock.now(), job.request);
    } else if (error?.code !== ErrorCode.LINK_LOST && error?.code !== ErrorCode.CLOSED) {
      unit?.answered(error === undefined && isReadRequest(job.request) ? job.request : undefined);
    }
    if (this.depth.isTrying && job.isRepeated && error?.code !== ErrorCode.LINK_LOST) {
      this.fallBack('does not answer a request that comes while another is in flight');
    }
    if (error === undefined) this.depth.auto.answered(this.clock.now() - flight.sentAt, flight.place);
    else this.depth.auto.startAnew();
    if (error !== undefined && !this.depth.isOne && isTrouble(flight, error)) {
      this.fallBack('answers wrongly, or is busy, while several requests are in flight');
      if (isReadRequest(job.request) && !job.isRepeated) {
        this.repeat(job);
        this.dispatch();
        return;
      }
    }
    if (error !== undefined && this.link?.ending === 'broken' && this.mayRetreat && isDrivenAway(flight, error)) {
      this.retreating = true;
      this.fallBack('closes the connection while several requests are in flight');
      this.repeatOrFail(job, error);
    } else if (error === undefined) job.succeed(bytes);
    else if (this.link?.ending === 'after-answer' || this.link?.ending === 'idle') this.repeatOrFail(job, error);
    else job.fail(error);
    this.dispatch();
  }

  private get mayRetreat(): boolean {
    return this.retreating || !this.depth.isOne;
  }

  private fallBack(why: string): void {
    if (this.depth.isOne) return;
    this.depth.fallBack();
    this.hooks.onOneAtATime(why);
  }

  /** The peer closed behind an answer or after a rest, before or after it took this request: asking again changes nothing, writing again may. */
  private repeatOrFail(job: Job, error: DeviceError): void {
    const { request } = job;
    if (isReadRequest(request) && !job.isRepeated) {
      this.repeat(job);
    } else {
      const what = `${describeRequest(job.unit, request)}: ${error.message} before it answered`;
      const doubt = isReadRequest(request) ? '' : '; it may have been carried out, so it is not sent again';
      job.fail(new DeviceError(ErrorCode.LINK_LOST, `${what}${doubt}`, { cause: error }));
    }
  }

  private expire(flight: Flight): void {
    if (!this.land(flight)) return;
    const { job } = flight;
    flight.giveUp();
    if (this.link?.isLossy === true && this.isAnswering(job.unit) && mayBeLost(flight)) {
      job.losses += 1;
      this.turns.prepend(job);
      this.dispatch();
      return;
    }
    if (this.isAnswering(job.unit) && mayBeOvertaken(flight, this.link?.received ?? 0, this.depth.hasAcquitted)) {
      this.depth.try();
      this.repeat(job);
      this.dispatch();
      return;
    }
    if (job.isRepeated) this.depth.hasAcquitted = true;
    // One that is silent by itself tells nothing: the others that were beside it are tried alone, too.
    if (!this.hasRepeated) this.depth.stopTrying();
    if (isReadRequest(job.request) && job.options.probe !== true && this.hooks.mayBeDeaf()) {
      if (job.options.isCheck === true) job.fail(silenceError(flight.job, cameInstead(flight, this.link)));
      else this.askAgain(job);
      this.dispatch();
      return;
    }
    const unit = this.units.get(job.unit);
    // An answer meanwhile shows that the unit is there; silence meanwhile was counted.
    if (unit?.verdicts === flight.verdictsBefore) unit.unanswered(this.clock.now(), job.request);
    if (unit?.isSilent === true && this.link?.isInTurn === true) this.restFromSilence(job.options.timeoutMs);
    job.fail(silenceError(flight.job, cameInstead(flight, this.link)));
    this.hooks.onUnanswered(this.link?.received === flight.receivedBefore);
    this.dispatch();
  }

  private restFromSilence(costMs: number): void {
    this.silentFrom = this.clock.now() + Math.min(costMs * REST_FROM_SILENCE, LONGEST_REST_MS);
  }

  /** The peer may be deaf, or the register silent: what was answered before shows which, and others come first. */
  private askAgain(job: Job): void {
    const witness = this.units.get(job.unit)?.witnessBefore(job.request);
    this.turns.append(job);
    if (witness !== undefined) this.turns.prepend(checkOf(job.sharer, witness, job.options.timeoutMs));
  }

  private get hasRepeated(): boolean {
    return this.turns.some((job) => job.isRepeated && !job.isSettled);
  }

  private repeat(job: Job): void {
    job.isRepeated = true;
    this.turns.prepend(job);
  }

  private land(flight: Flight): boolean {
    flight.callOff();
    this.usedAt = this.clock.now();
    return this.inFlight.delete(flight);
  }
}
