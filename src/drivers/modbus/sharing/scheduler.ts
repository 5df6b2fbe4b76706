import { formatDuration } from '../../../base/duration';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Clock, TimerHandle } from '../../../base/ports';
import { isException, ModbusException } from '../pdu/exceptions';
import type { Job, Sharer } from './job';
import { describeRequest, isReadRequest } from '../pdu/request';
import type { Link } from './link';
import { UnitHealth } from './unit-health';

export interface SchedulerHooks {
  /** A request timed out; `mute`: nothing at all came over the link all that time. */
  readonly onUnanswered: (mute: boolean) => void;
  /** There is something to send and no link, which is only suspended. */
  readonly onWanted: () => void;
}

interface InFlight {
  readonly job: Job;
  /** Answers the link had received when the request was sent. */
  readonly receivedBefore: number;
  holdsPlace: boolean;
  isOverdue: boolean;
  giveUp: () => void;
  timer: TimerHandle;
}

/** From then on an unanswered request no longer holds up those of other units. */
export const OVERDUE_MS = 1000;

/**
 * Whose request is sent when. Sharers take turns; at most `pipelining` requests are in flight.
 *
 * A unit that does not answer costs the others one second, once: then its request gives up its place (an answer that still
 * comes counts), later ones go beside those of the others, one at a time, and after two in a row without an answer they
 * fail at once for a growing pause.
 */
export class Scheduler {
  private readonly queues = new Map<Sharer, Job[]>();
  private readonly units = new Map<number, UnitHealth>();
  private readonly inFlight = new Set<InFlight>();
  private link: Link | undefined;
  private suspended = false;
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

  /** Nobody on this link answers. */
  get areAllSilent(): boolean {
    return [...this.units.values()].every((unit) => unit.isSilent);
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
      const job = this.takeNext();
      if (job === undefined) return;
      this.send(job, this.link);
    }
  }

  private hasPlace({ maxInFlight, isSpent }: Link): boolean {
    if (isSpent) return false;
    let depth = maxInFlight;
    for (const { pipelining } of this.queues.keys()) depth = Math.min(depth, pipelining);
    let places = 0;
    for (const { holdsPlace } of this.inFlight) if (holdsPlace) places++;
    return places < depth && this.inFlight.size < maxInFlight;
  }

  /** The first waiting request whose unit may get one; its sharer then moves to the end of the turn. */
  private takeNext(): Job | undefined {
    for (const [sharer, queue] of this.queues) {
      this.dropHopeless(queue);
      const job = queue[0];
      if (job === undefined || this.isBlocked(sharer.unit)) continue;
      queue.shift();
      this.queues.delete(sharer);
      this.queues.set(sharer, queue);
      return job;
    }
    return undefined;
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

  private isBlocked(unit: number): boolean {
    const isSuspect = this.units.get(unit)?.isSuspect === true;
    for (const { job, isOverdue } of this.inFlight) {
      if (job.unit === unit && (isOverdue || isSuspect)) return true;
    }
    return false;
  }

  private send(job: Job, link: Link): void {
    const { timeoutMs } = job.options;
    const flight: InFlight = {
      job,
      receivedBefore: link.received,
      holdsPlace: this.units.get(job.unit)?.isSuspect !== true,
      isOverdue: false,
      giveUp: () => undefined,
      timer: undefined,
    };
    flight.timer =
      timeoutMs > OVERDUE_MS
        ? this.clock.setTimeout(() => this.makeWay(flight, timeoutMs - OVERDUE_MS), OVERDUE_MS)
        : this.clock.setTimeout(() => this.expire(flight), timeoutMs);
    this.inFlight.add(flight);
    flight.giveUp = link.send(job.unit, job.request, (error, bytes) => this.settle(flight, error, bytes));
  }

  private makeWay(flight: InFlight, restMs: number): void {
    flight.holdsPlace = false;
    flight.isOverdue = true;
    flight.timer = this.clock.setTimeout(() => this.expire(flight), restMs);
    this.dispatch();
  }

  private settle(flight: InFlight, error: DeviceError | undefined, bytes: Uint8Array): void {
    if (!this.land(flight)) return;
    const { job } = flight;
    const unit = this.units.get(job.unit);
    if (isException(error, ModbusException.GATEWAY_PATH_UNAVAILABLE, ModbusException.GATEWAY_TARGET_FAILED)) {
      unit?.unanswered(this.clock.now());
    } else if (error?.code !== ErrorCode.LINK_LOST && error?.code !== ErrorCode.CLOSED) {
      unit?.answered();
    }
    if (error === undefined) job.succeed(bytes);
    else if (this.link?.ending === 'after-answer') this.repeatOrFail(job, error);
    else job.fail(error);
    this.dispatch();
  }

  /** The peer closed behind an answer, before or after it took this request: asking again changes nothing, writing again may. */
  private repeatOrFail(job: Job, error: DeviceError): void {
    const { sharer, request } = job;
    if (isReadRequest(request) && !job.isRepeated) {
      job.isRepeated = true;
      this.queues.get(sharer)?.unshift(job);
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
    this.units.get(job.unit)?.unanswered(this.clock.now());
    const { timeoutMs } = job.options;
    job.fail(
      new DeviceError(
        ErrorCode.TIMEOUT,
        `${describeRequest(job.unit, job.request)}: no answer within ${formatDuration(timeoutMs)}`,
        { advice: 'check workerID, and that the unit is on' },
      ),
    );
    this.hooks.onUnanswered(this.link?.received === flight.receivedBefore);
    this.dispatch();
  }

  private land(flight: InFlight): boolean {
    this.clock.clearTimeout(flight.timer);
    return this.inFlight.delete(flight);
  }
}
