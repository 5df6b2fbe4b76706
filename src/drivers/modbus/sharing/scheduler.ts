import { formatDuration } from '../../../base/duration';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { expireAfter } from '../../../base/deadline';
import type { Clock } from '../../../base/ports';
import { isException, ModbusException, NoAnswerError } from '../pdu/exceptions';
import { Job, type Sharer } from './job';
import { describeRequest, isReadRequest, type ReadRequest } from '../pdu/request';
import type { Link } from './link';
import { silenceAdvice, UnitHealth } from './unit-health';

export interface SchedulerHooks {
  /** A request timed out; `mute`: nothing at all came over the link all that time. */
  readonly onUnanswered: (mute: boolean) => void;
  /** The link is young and nothing has come over it yet: its peer may not hear yet. */
  readonly mayBeDeaf: () => boolean;
  /** There is something to send and no link, which is only suspended. */
  readonly onWanted: () => void;
  /** The peer answers no request that comes while another is in flight; from now on there is one at a time. */
  readonly onOneAtATime: () => void;
}

interface InFlight {
  readonly job: Job;
  /** Answers the link had received when the request was sent. */
  readonly receivedBefore: number;
  readonly straysBefore: number;
  /** UnitHealth.verdicts of its unit when it was sent. */
  readonly verdictsBefore: number;
  /** Another was in flight at some time. */
  isBeside: boolean;
  isOverdue: boolean;
  giveUp: () => void;
  callOff: () => void;
}

const NOTHING = new Uint8Array();

/** From then on the unit of an unanswered request gets no other. */
export const OVERDUE_MS = 1000;

/**
 * Whose request is sent when. Sharers take turns; never more than `pipelining` requests are in flight, because there are
 * gateways that drop the older of two.
 *
 * A unit that does not answer gets one request at a time, beginning with what it answered last; where that is not answered
 * either, its requests fail at once for a growing pause. Where several may be in flight, one place is always free for the other units; where it is one, they
 * wait for as long as the answer may take.
 */
export class Scheduler {
  private readonly queues = new Map<Sharer, Job[]>();
  private readonly units = new Map<number, UnitHealth>();
  private readonly inFlight = new Set<InFlight>();
  private link: Link | undefined;
  private suspended = false;
  /** `trying`: a request is sent once more, alone, to see whether it is only those beside others that get no answer. */
  private oneAtATime: 'no' | 'trying' | 'yes' = 'no';
  private stopReason: DeviceError | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly hooks: SchedulerHooks,
  ) {}

  /** Takes requests on although there is no link. */
  get isSuspended(): boolean {
    return this.suspended;
  }

  get isEmpty(): boolean {
    return this.queues.size === 0;
  }

  /** Nobody on this link answers that was asked for an answer. */
  get areAllSilent(): boolean {
    const asked = [...this.units.values()].filter(({ verdicts }) => verdicts > 0);
    return asked.length > 0 && asked.every((unit) => unit.isSilent);
  }

  isSilent(unit: number): boolean {
    return this.units.get(unit)?.isSilent === true;
  }

  /** How many requests the unit has answered so far. */
  answersOf(unit: number): number {
    return this.units.get(unit)?.answers ?? 0;
  }

  /** This unit answered the last request it got. */
  isAnswering(unit: number): boolean {
    return this.units.get(unit)?.isAnswering === true;
  }

  add(sharer: Sharer): void {
    this.queues.set(sharer, []);
    if (!this.units.has(sharer.unit)) this.units.set(sharer.unit, new UnitHealth(sharer.unit));
  }

  /** Fails what the sharer waits for; answers to what is in flight are still awaited, for the sake of the others' turn. */
  remove(sharer: Sharer, reason: DeviceError): void {
    for (const job of this.queues.get(sharer) ?? []) job.fail(reason);
    for (const { job } of this.inFlight) if (job.sharer === sharer) job.fail(reason);
    this.queues.delete(sharer);
    if (![...this.queues.keys()].some(({ unit }) => unit === sharer.unit)) this.units.delete(sharer.unit);
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
    this.oneAtATime = 'yes';
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
    if ([...this.queues.values()].some((jobs) => jobs.length > 0)) this.hooks.onWanted();
  }

  /** The link is gone, and with it what was in flight; what waits fails with `reason`. */
  stop(reason: DeviceError): void {
    this.link = undefined;
    this.suspended = false;
    this.stopReason = reason;
    for (const unit of this.units.values()) unit.linkLost();
    for (const flight of this.inFlight) {
      this.land(flight);
      flight.job.fail(reason);
    }
    for (const [sharer, jobs] of this.queues) {
      for (const job of jobs) job.fail(reason);
      this.queues.set(sharer, []);
    }
  }

  /** Takes a request on; it settles by itself. */
  submit(job: Job): void {
    const queue = this.queues.get(job.sharer);
    if (queue === undefined || (this.link === undefined && !this.suspended)) {
      job.fail(this.stopReason ?? new DeviceError(ErrorCode.LINK_LOST, 'not connected'));
      return;
    }
    queue.push(job);
    if (this.suspended) this.hooks.onWanted();
    else this.dispatch();
  }

  private dispatch(): void {
    while (this.link !== undefined && this.hasPlace(this.link)) {
      const job = this.takeNext(this.depth(this.link));
      if (job === undefined) return;
      this.send(job, this.link);
    }
  }

  private hasPlace(link: Link): boolean {
    return !link.isSpent && this.inFlight.size < this.depth(link);
  }

  private depth({ maxInFlight }: Link): number {
    if (this.oneAtATime !== 'no') return 1;
    let depth = maxInFlight;
    for (const { pipelining } of this.queues.keys()) depth = Math.min(depth, pipelining);
    return depth;
  }

  /** The first waiting request whose unit may get one; its sharer then moves to the end of the turn. */
  private takeNext(depth: number): Job | undefined {
    for (const [sharer, queue] of this.queues) {
      this.dropHopeless(queue);
      const job = queue[0];
      if (job === undefined || this.isBlocked(sharer.unit, depth)) continue;
      const check = this.checkBefore(job);
      if (check === undefined) queue.shift();
      this.queues.delete(sharer);
      this.queues.set(sharer, queue);
      return check ?? job;
    }
    return undefined;
  }

  /** What shows whether the unit of `job` is there at all, where that is in doubt. */
  private checkBefore(job: Job): Job | undefined {
    const unit = this.units.get(job.unit);
    if (unit?.isSuspect !== true || job.options.probe === true) return undefined;
    const witness = unit.witnessBefore(job.request);
    return witness && checkOf(job.sharer, witness, job.options.timeoutMs);
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
    const isSuspect = (one: number): boolean => this.units.get(one)?.isSuspect === true;
    const shared = this.units.size > 1 ? Math.max(1, depth - 1) : depth;
    let own = 0;
    let doubtful = 0;
    for (const { job, isOverdue } of this.inFlight) {
      if (job.unit === unit && (isOverdue || isSuspect(unit))) return true;
      if (job.unit === unit) own++;
      if (isOverdue || isSuspect(job.unit)) doubtful++;
    }
    return own >= shared || (isSuspect(unit) && doubtful >= shared);
  }

  private send(job: Job, link: Link): void {
    const { timeoutMs } = job.options;
    const flight: InFlight = {
      job,
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
    flight.giveUp = link.send(job.unit, job.request, (error, bytes) => this.settle(flight, error, bytes));
  }

  private makeOverdue(flight: InFlight, restMs: number): void {
    flight.isOverdue = true;
    flight.callOff = expireAfter(this.clock, restMs, () => this.expire(flight));
  }

  private settle(flight: InFlight, error: DeviceError | undefined, bytes: Uint8Array): void {
    if (!this.land(flight)) return;
    const { job } = flight;
    const unit = job.options.isBroadcast === true ? undefined : this.units.get(job.unit);
    if (isException(error, ModbusException.GATEWAY_PATH_UNAVAILABLE, ModbusException.GATEWAY_TARGET_FAILED)) {
      unit?.unanswered(this.clock.now(), job.request);
    } else if (error?.code !== ErrorCode.LINK_LOST && error?.code !== ErrorCode.CLOSED) {
      unit?.answered(error === undefined && isReadRequest(job.request) ? job.request : undefined);
    }
    if (this.oneAtATime === 'trying' && job.isRepeated && error?.code !== ErrorCode.LINK_LOST) {
      this.oneAtATime = 'yes';
      this.hooks.onOneAtATime();
    }
    if (error === undefined) job.succeed(bytes);
    else if (this.link?.ending === 'after-answer' || this.link?.ending === 'idle') this.repeatOrFail(job, error);
    else job.fail(error);
    this.dispatch();
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

  private expire(flight: InFlight): void {
    if (!this.land(flight)) return;
    const { job } = flight;
    flight.giveUp();
    if (this.mayBeOvertaken(flight)) {
      this.oneAtATime = 'trying';
      this.repeat(job);
      this.dispatch();
      return;
    }
    // One that is silent by itself tells nothing: the others that were beside it are tried alone, too.
    if (this.oneAtATime === 'trying' && !this.hasRepeated) this.oneAtATime = 'no';
    if (isReadRequest(job.request) && job.options.probe !== true && this.hooks.mayBeDeaf()) {
      if (job.options.isCheck === true) job.fail(this.silence(flight));
      else this.askAgain(job);
      this.dispatch();
      return;
    }
    const unit = this.units.get(job.unit);
    // An answer meanwhile shows that the unit is there; silence meanwhile was counted.
    if (unit?.verdicts === flight.verdictsBefore) unit.unanswered(this.clock.now(), job.request);
    job.fail(this.silence(flight));
    this.hooks.onUnanswered(this.link?.received === flight.receivedBefore);
    this.dispatch();
  }

  /** The peer may be deaf, or the register silent: what was answered before shows which, and others come first. */
  private askAgain(job: Job): void {
    const queue = this.queues.get(job.sharer);
    const witness = this.units.get(job.unit)?.witnessBefore(job.request);
    queue?.push(job);
    if (witness !== undefined) queue?.unshift(checkOf(job.sharer, witness, job.options.timeoutMs));
  }

  private get hasRepeated(): boolean {
    return [...this.queues.values()].some((jobs) => jobs.some((job) => job.isRepeated && !job.isSettled));
  }

  private repeat(job: Job): void {
    job.isRepeated = true;
    this.queues.get(job.sharer)?.unshift(job);
  }

  /** Those beside it were answered and it was not: there are servers that answer only the first of what comes together. */
  private mayBeOvertaken({ job, isBeside, receivedBefore }: InFlight): boolean {
    if (!isBeside || job.isRepeated || !isReadRequest(job.request) || this.link === undefined) return false;
    return this.isAnswering(job.unit) && this.link.received > receivedBefore;
  }

  private silence({ job, straysBefore }: InFlight): DeviceError {
    const what = describeRequest(job.unit, job.request);
    const time = formatDuration(job.options.timeoutMs);
    if (this.link !== undefined && this.link.strays > straysBefore) {
      const text = `${what}: within ${time} only an answer with another transaction id came`;
      const advice =
        'the gateway mixes up its clients, or does not copy the id: one connection to it at a time may help';
      return new DeviceError(ErrorCode.TIMEOUT, text, { advice });
    }
    return new NoAnswerError(`${what}: no answer within ${time}`, { advice: silenceAdvice(job.unit) });
  }

  private land(flight: InFlight): boolean {
    flight.callOff();
    return this.inFlight.delete(flight);
  }
}

/** A request of our own, for which nobody waits. */
function checkOf(sharer: Sharer, request: ReadRequest, timeoutMs: number): Job {
  const check = new Job(sharer, request, { timeoutMs, signal: new AbortController().signal, isCheck: true });
  check.answer.catch(() => undefined);
  return check;
}
