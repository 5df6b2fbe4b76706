import { withDeadline } from '../../../base/deadline';
import { formatDuration } from '../../../base/duration';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Clock } from '../../../base/ports';
import type { OpenChannel } from '../channel/channel';
import type { Framing } from '../framing/framing';
import { Job, type JobOptions, type Sharer } from './job';
import type { ModbusRequest } from '../pdu/request';
import { Scheduler } from './scheduler';
import { Connection } from './connection';

/** A device on a transport. */
export interface TransportUser extends Sharer {
  /** The link went away although this user did not close it. Called after the user's requests have failed. */
  onLost(reason: DeviceError): void;
}

/** Over what a peer is reached, and how requests are packed for it. */
export interface Route {
  /** For messages: `127.0.0.1:502`. */
  readonly name: string;
  readonly open: OpenChannel;
  readonly framing: Framing;
}

interface Attempt {
  readonly controller: AbortController;
  readonly connection: Promise<Connection>;
  waiting: number;
}

/**
 * One connection that several devices share. It is made when a user connects, and broken off when no unit at all
 * answers, when half an answer is stuck in it, and when it is closed. It does not reconnect by itself: each user is
 * told, and the first that connects again makes a new one for all.
 */
export class Transport {
  private readonly scheduler: Scheduler;
  private readonly users = new Set<TransportUser>();
  private readonly locks = new Map<string, Promise<void>>();
  private connection: Connection | undefined;
  private attempt: Attempt | undefined;

  constructor(
    private readonly route: Route,
    private readonly clock: Clock,
  ) {
    this.scheduler = new Scheduler(clock, (mute) => this.onUnanswered(mute));
  }

  isAnswering(unit: number): boolean {
    return this.scheduler.isAnswering(unit);
  }

  add(user: TransportUser): void {
    this.users.add(user);
    this.scheduler.add(user);
  }

  /** Fails what the user has waiting with CLOSED. */
  remove(user: TransportUser): void {
    if (this.users.delete(user)) this.scheduler.remove(user, closed());
  }

  /** For when the last user has left: gives the attempt to connect up, and closes the connection at once. */
  close(): void {
    if (this.attempt !== undefined) this.abandon(this.attempt);
    this.connection?.destroy(closed());
  }

  /** Connects, or joins the attempt under way. Rejects with CONNECT_FAILED, TIMEOUT, or as `signal` says. */
  async connect(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.connection !== undefined) return;
    const attempt = (this.attempt ??= this.begin());
    attempt.waiting++;
    const message = `cannot connect to ${this.route.name}: no answer within ${formatDuration(timeoutMs)}`;
    try {
      await withDeadline({ clock: this.clock, ms: timeoutMs, signal, message }, () => attempt.connection);
    } finally {
      attempt.waiting--;
      if (attempt.waiting === 0) this.abandon(attempt);
    }
  }

  /** The bytes read, or none for a write. Rejects with a DeviceError, or as `signal` says. */
  request(user: TransportUser, request: ModbusRequest, options: JobOptions): Promise<Uint8Array> {
    const job = new Job(user, request, options);
    this.scheduler.submit(job);
    return job.answer;
  }

  /** Sends what nobody answers; resolves when it is on its way. */
  async broadcast(user: TransportUser, request: ModbusRequest): Promise<void> {
    if (this.connection === undefined) throw new DeviceError(ErrorCode.LINK_LOST, 'not connected');
    await this.connection.sendUnanswered(user.unit, request);
  }

  /**
   * Runs `task` while no other task with the same `key` runs on this transport: a read-modify-write must not overtake
   * another one of the same register.
   */
  async exclusively<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.locks.get(key) ?? Promise.resolve();
    const outcome = before.then(task);
    const done = outcome.then(
      () => undefined,
      () => undefined,
    );
    this.locks.set(key, done);
    try {
      return await outcome;
    } finally {
      if (this.locks.get(key) === done) this.locks.delete(key);
    }
  }

  private begin(): Attempt {
    const controller = new AbortController();
    const attempt: Attempt = {
      controller,
      waiting: 0,
      connection: this.openConnection(controller.signal).then(
        (connection) => {
          this.take(connection, controller.signal);
          this.forget(attempt);
          return connection;
        },
        (error: unknown) => {
          this.forget(attempt);
          throw error;
        },
      ),
    };
    // Those who wait hear of a failure themselves; with nobody left it must not count as unhandled.
    attempt.connection.catch(() => undefined);
    return attempt;
  }

  private async openConnection(signal: AbortSignal): Promise<Connection> {
    return new Connection(await this.route.open(signal), this.route.framing);
  }

  private abandon(attempt: Attempt): void {
    this.forget(attempt);
    attempt.controller.abort(new DeviceError(ErrorCode.CLOSED, 'nobody waits for this connection any more'));
  }

  private forget(attempt: Attempt): void {
    if (this.attempt === attempt) this.attempt = undefined;
  }

  private take(connection: Connection, signal: AbortSignal): void {
    connection.events.once('closed', (reason) => this.onClosed(connection, reason));
    if (signal.aborted) connection.destroy(toDeviceError(signal.reason, ErrorCode.CLOSED));
    signal.throwIfAborted();
    this.connection = connection;
    this.scheduler.start(connection);
  }

  private onClosed(connection: Connection, reason: DeviceError): void {
    if (this.connection !== connection) return;
    this.connection = undefined;
    this.scheduler.stop(reason);
    for (const user of [...this.users]) user.onLost(reason);
  }

  private onUnanswered(mute: boolean): void {
    const { name } = this.route;
    if (mute && this.connection?.isMidAnswer === true) {
      this.connection.destroy(new DeviceError(ErrorCode.LINK_LOST, `${name}: an answer broke off in the middle`));
    } else if (mute && this.scheduler.areAllSilent) {
      this.connection?.destroy(new DeviceError(ErrorCode.LINK_LOST, `${name}: nothing answers on this connection`));
    }
  }
}

const closed = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the device was closed');
