import { withDeadline } from '../../../base/deadline';
import { formatDuration } from '../../../base/duration';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { whenAborted } from '../../../base/abort-listeners';
import type { Clock, TimerHandle } from '../../../base/ports';
import type { Channel } from '../channel/channel';
import { LateAnswers } from '../framing/late-answers';
import { Job, type JobOptions, type Sharer } from './job';
import type { ModbusRequest } from '../pdu/request';
import type { Route } from './route';
import { Scheduler } from './scheduler';
import { Connection } from './connection';
import type { Ending } from './link';

/** What an endpoint has taught. It outlives the transport, which ends with each link that is lost. */
export interface Habits {
  /** The peer closes the connection after each answer; undefined: not known. */
  closesAfterAnswer?: boolean;
  /** The peer answers no request that comes while another is in flight. */
  oneAtATime?: boolean;
}

/** A device on a transport. */
export interface TransportUser extends Sharer {
  /** What this user has learned of the endpoint, and is told of what others learn. */
  readonly habits: Habits;
  /** For a connection that is made because a request needs it; ms. */
  readonly connectTimeoutMs: number;
  /** From the connection to the first request on it; ms. The longest of all users counts. */
  readonly connectDelayMs: number;
  /** Between an answer and the next request; ms. The longest of all users counts. */
  readonly requestPauseMs: number;
  /** The connection is closed where nothing was asked for so long; 0: never. The longest of all users counts, and never is longest. */
  readonly idleCloseMs: number;
  /** Answers of other units and with unknown ids are taken; of one user it counts for all. */
  readonly lenient: boolean;
  /** `Route.settings` as this user has them. */
  readonly settings: string;
  /** Something of the endpoint that its user should know, in words. */
  onLearned(text: string): void;
  /** The link went away although this user did not close it. Called after the user's requests have failed. */
  onLost(reason: DeviceError): void;
}

interface Attempt {
  readonly controller: AbortController;
  readonly connection: Promise<Connection>;
  waiting: number;
}

/** So long a new connection on which nothing was answered yet may be that of a device which does not hear yet. */
const DEAF_MS = 10_000;
/** A peer that closes after each answer does so within this time. */
const CLOSING_MS = 1000;

/**
 * One connection that several devices share. It is made when a user connects, and broken off when no unit at all
 * answers, when half an answer is stuck in it, and when it is closed. Where it breaks each user is told, and the first that
 * connects again makes a new one for all. Where the peer closes it while nothing is in flight, or behind an answer, nothing
 * is lost: the next request makes a new one.
 */
export class Transport {
  private readonly scheduler: Scheduler;
  private readonly users = new Set<TransportUser>();
  private readonly locks = new Map<string, Promise<void>>();
  private connection: Connection | undefined;
  private attempt: Attempt | undefined;
  private readonly habits: Habits = {};
  /** Connections made so far. */
  private made = 0;
  private patientUntil = 0;
  private idleCloseMs = 0;
  private closingTimer: TimerHandle;
  private idleTimer: TimerHandle;
  private readonly late = new LateAnswers();
  /** What its users ask of a connection. */
  private readonly manner = {
    isSingle: false as boolean | undefined,
    isLine: false,
    isLossy: false,
    pauseMs: 0,
    turnaroundMs: 0,
    isLenient: false,
  };

  constructor(
    private readonly route: Route,
    private readonly clock: Clock,
  ) {
    this.scheduler = new Scheduler(clock, {
      onUnanswered: (mute) => this.onUnanswered(mute),
      // Where the peer closes after each answer every connection is new, and it would have answered on the one before.
      mayBeDeaf: () => this.mayBeDeaf && this.habits.closesAfterAnswer !== true,
      onWanted: () => this.reopen(),
      onOneAtATime: (why) => this.onOneAtATime(why),
    });
    this.manner.turnaroundMs = route.turnaroundMs;
    this.manner.isLine = route.isLine;
    this.manner.isLossy = route.isLossy;
  }

  get name(): string {
    return this.route.name;
  }

  /** Requests that may be in flight. */
  get depth(): number {
    return this.connection === undefined ? 1 : this.scheduler.depthOf(this.connection);
  }

  /** Nothing has come over the connection yet, and it is young: its peer may not hear yet. */
  get mayBeDeaf(): boolean {
    const { connection } = this;
    return connection?.received === 0 && !connection.isMidAnswer && this.clock.now() < this.patientUntil;
  }

  isAnswering(unit: number): boolean {
    return this.scheduler.isAnswering(unit);
  }

  isSilent(unit: number): boolean {
    return this.scheduler.isSilent(unit);
  }

  /** Whether the unit answers something else than what it did not answer just now; false where nothing else is known. */
  isThere(user: TransportUser, timeoutMs: number): Promise<boolean> {
    return this.scheduler.isThere(user, timeoutMs);
  }

  /** How many requests the unit has answered so far. */
  answersOf(unit: number): number {
    return this.scheduler.answersOf(unit);
  }

  add(user: TransportUser): void {
    Object.assign(this.habits, user.habits);
    if (this.habits.oneAtATime === true) this.scheduler.goOneByOne();
    this.users.add(user);
    this.learnManner();
    this.scheduler.add(user);
  }

  /** Fails what the user has waiting with CLOSED. */
  remove(user: TransportUser): void {
    if (!this.users.delete(user)) return;
    this.scheduler.remove(user, closed());
    this.learnManner();
  }

  /** For when the last user has left: gives the attempt to connect up, and closes the connection; resolves when it is closed. */
  async close(): Promise<void> {
    const { attempt, connection } = this;
    if (attempt !== undefined) this.abandon(attempt);
    this.clock.clearTimeout(this.idleTimer);
    connection?.destroy(closed());
    await connection?.gone;
    await attempt?.connection.then(
      ({ gone }) => gone,
      () => undefined,
    );
  }

  /** A line has one speed and one format. */
  private otherSettings(settings: string): DeviceError {
    const { name } = this.route;
    const text = `${name} is in use by another device with the settings ${this.route.settings}, and not ${settings}`;
    const advice = 'give all devices on a line the same baudRate, dataBits, parity, stopBits, framing and echo';
    return new DeviceError(ErrorCode.CONFIG, text, { advice });
  }

  private learnManner(): void {
    const users = [...this.users];
    this.manner.pauseMs = Math.max(0, this.route.silenceMs, ...users.map(({ requestPauseMs }) => requestPauseMs));
    this.manner.isLenient = users.some(({ lenient }) => lenient);
    const idles = users.map(({ idleCloseMs }) => idleCloseMs);
    this.idleCloseMs = idles.includes(0) ? 0 : Math.max(0, ...idles);
    this.watchIdleness();
  }

  /**
   * Finds out whether the peer closes after each answer, where that is not known: `ask` is a request that may be made
   * again, of a kind that was just answered. Without that knowledge a write could follow an answer on a connection that the
   * peer is closing, and nobody could tell whether it was carried out. Rejects as `ask` does, but for what is no link error.
   */
  async learnHabit(ask: () => Promise<unknown>): Promise<void> {
    if (this.habits.closesAfterAnswer !== undefined) return;
    const before = this.connection === undefined ? -1 : this.made;
    await ask();
    this.learn({ closesAfterAnswer: before !== this.made });
  }

  /** Connects, or joins the attempt under way. Rejects with CONNECT_FAILED, TIMEOUT, or as `signal` says. */
  async connect(timeoutMs: number, signal: AbortSignal, settings = this.route.settings): Promise<void> {
    if (settings !== this.route.settings) throw this.otherSettings(settings);
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

  /** Sends what nobody answers, in its turn; resolves when it is on its way. */
  async broadcast(user: TransportUser, request: ModbusRequest, signal: AbortSignal): Promise<void> {
    const options = { timeoutMs: user.connectTimeoutMs, signal, probe: true, isBroadcast: true };
    await this.request(user, request, options);
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
    const channel = await this.route.open(signal);
    try {
      await this.waitForHearing(channel, signal);
    } catch (error) {
      await channel.close();
      throw error;
    }
    this.manner.isSingle = this.habits.closesAfterAnswer;
    const { manner, late } = this;
    return new Connection(channel, this.route.framing, { now: () => this.clock.now(), late, manner });
  }

  /** Waits for `connectDelay`. Rejects with CONNECT_FAILED where the peer closes meanwhile, or with the signal's reason. */
  private waitForHearing({ events }: Channel, signal: AbortSignal): Promise<void> | undefined {
    const delayMs = Math.max(0, ...[...this.users].map(({ connectDelayMs }) => connectDelayMs));
    if (delayMs === 0) return undefined;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        this.clock.clearTimeout(timer);
        stopListening();
        events.removeAllListeners('closed');
        act();
      };
      const timer = this.clock.setTimeout(() => settle(resolve), delayMs);
      const stopListening = whenAborted(signal, () =>
        settle(() => reject(toDeviceError(signal.reason, ErrorCode.CLOSED))),
      );
      events.once('closed', (reason) =>
        settle(() => reject(new DeviceError(ErrorCode.CONNECT_FAILED, reason.message, { cause: reason }))),
      );
    });
  }

  /** For a request that waits. Where it fails, the link that was only suspended is lost. */
  private reopen(): void {
    if (this.connection !== undefined || this.attempt !== undefined) return;
    const timeoutMs = Math.max(...[...this.users].map(({ connectTimeoutMs }) => connectTimeoutMs));
    this.connect(timeoutMs, new AbortController().signal).catch((error: unknown) => {
      const { message, advice } = toDeviceError(error, ErrorCode.CONNECT_FAILED);
      const options = { cause: error, ...(advice === undefined ? {} : { advice }) };
      if (this.scheduler.isSuspended) this.lose(new DeviceError(ErrorCode.CONNECT_FAILED, message, options));
    });
  }

  private abandon(attempt: Attempt): void {
    this.forget(attempt);
    attempt.controller.abort(new DeviceError(ErrorCode.CLOSED, 'nobody waits for this connection any more'));
  }

  private forget(attempt: Attempt): void {
    if (this.attempt === attempt) this.attempt = undefined;
  }

  private take(connection: Connection, signal: AbortSignal): void {
    connection.events.once('closed', (reason, ending) => this.onClosed(connection, reason, ending));
    if (this.habits.closesAfterAnswer === true) {
      connection.events.once('answered', () => this.awaitClosing(connection));
    }
    if (signal.aborted) connection.destroy(toDeviceError(signal.reason, ErrorCode.CLOSED));
    signal.throwIfAborted();
    this.connection = connection;
    this.made++;
    // Units that were silent before are not likely to be deaf now.
    this.patientUntil = this.scheduler.areAllSilent || this.route.isLine ? 0 : this.clock.now() + DEAF_MS;
    this.scheduler.start(connection);
    this.watchIdleness();
  }

  /** Closes the connection once nothing was asked for so long as all users wish. */
  private watchIdleness(): void {
    this.clock.clearTimeout(this.idleTimer);
    const { connection, idleCloseMs } = this;
    if (connection === undefined || idleCloseMs === 0 || this.users.size === 0) return;
    const idleMs = this.scheduler.isIdle ? this.clock.now() - this.scheduler.lastUsed : 0;
    if (idleMs >= idleCloseMs) connection.rest();
    else this.idleTimer = this.clock.setTimeout(() => this.watchIdleness(), idleCloseMs - idleMs);
  }

  /** The peer will close behind the answer that has come. Where it does not, the connection is used on. */
  private awaitClosing(connection: Connection): void {
    if (connection.ending !== undefined) return;
    this.closingTimer = this.clock.setTimeout(() => {
      this.learn({ closesAfterAnswer: false });
      connection.keep();
      this.scheduler.start(connection);
    }, CLOSING_MS);
  }

  private onOneAtATime(why: string): void {
    this.learn({ oneAtATime: true });
    const text = `${this.route.name} ${why}: from now on one at a time, as with pipelining 1`;
    for (const user of this.users) user.onLearned(text);
  }

  private learn(habits: Habits): void {
    Object.assign(this.habits, habits);
    for (const user of this.users) Object.assign(user.habits, habits);
  }

  private onClosed(connection: Connection, reason: DeviceError, ending: Ending): void {
    if (this.connection !== connection) return;
    this.connection = undefined;
    this.clock.clearTimeout(this.closingTimer);
    this.clock.clearTimeout(this.idleTimer);
    if (ending === 'after-answer') this.learn({ closesAfterAnswer: true });
    if (ending === 'broken' && !this.scheduler.isRetreating) this.lose(reason);
    else this.scheduler.suspend();
  }

  private lose(reason: DeviceError): void {
    this.scheduler.stop(reason);
    for (const user of [...this.users]) user.onLost(reason);
  }

  private onUnanswered(mute: boolean): void {
    const { name } = this.route;
    if (mute && this.connection?.isMidAnswer === true) {
      this.connection.destroy(new DeviceError(ErrorCode.LINK_LOST, `${name}: an answer broke off in the middle`));
    } else if (mute && this.scheduler.areAllSilent && !this.mayBeDeaf && !this.route.isLine) {
      this.connection?.destroy(new DeviceError(ErrorCode.LINK_LOST, `${name}: nothing answers on this connection`));
    }
  }
}

const closed = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the device was closed');
