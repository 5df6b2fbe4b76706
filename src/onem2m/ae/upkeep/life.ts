import { Backoff } from '../../../base/backoff';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import type { DeviceState } from '../../../base/device-state';
import { toWholeSeconds } from '../../primitive/times';
import type { AeConfig } from '../model/config';
import type { KeptList } from './kept';
import type { AeLifeEvent } from '../model/messages';
import type { Peer } from './peer';
import { mayMeanForgotten, type Registration } from './registration';
import { Timers } from './timers';
import type { Client } from '../../exchange/client';

export interface LifeContext {
  readonly config: AeConfig;
  readonly client: Client;
  readonly peer: Peer;
  readonly registration: Registration;
  readonly kept: KeptList;
  readonly ports: Ports;
  readonly onState: () => void;
  readonly onEvent: (event: AeLifeEvent) => void;
  readonly onProblem: (error: DeviceError) => void;
  readonly onRecovered: () => void;
}

/** Before the end of a registration that lasts longer than two of these, ms. */
const REFRESH_MARGIN_MS = 60_000;
/** Of a shorter one, after this part of it. */
const REFRESH_PART = 0.75;
/** Doubts are looked into at most so often, ms: a flow may fail many times a second. */
const DOUBT_PAUSE_MS = 1000;
/** A clock that is not ours may say that the end has passed already: never refresh more often than this, ms. */
const LEAST_PAUSE_MS = 1000;
/** Messages that wait for the AE to be registered. */
const MOST_WAITING = 1000;

/**
 * How long the first look waits, ms, each further one that stays unanswered twice as long: after a broker was restarted the CSE may
 * come back later than this node, and what is sent before that is lost.
 */
const FIRST_LOOK_MS = 1500;
/** CSEs tell that they delete something before they have done so; what is made again too early is taken for what is there. ms */
const SETTLE_MS = 1000;

type TimerName = 'retry' | 'refresh' | 'check' | 'doubt' | 'settle';

/**
 * The life of an AE: registered with all that is to exist, for as long as it is wished. Wish and fact are apart; `reconcile`
 * makes one of the other, one step at a time, and is woken by whatever may have changed either.
 */
export class AeLife {
  state: DeviceState = 'idle';
  lastError: DeviceError | undefined;
  private isWished = false;
  private isRegistered = false;
  /** The CSE has lost what was there: the next registration restores it. */
  private wasForgotten = false;
  /** It has to be seen whether the CSE still knows us. */
  private isInDoubt = false;
  private isRefreshDue = false;
  private isRunning = false;
  private isWoken = false;
  private isClosed = false;
  private lastDoubt = -Infinity;
  private lookMs = FIRST_LOOK_MS;
  private readonly backoff: Backoff;
  private readonly timers: Timers<TimerName>;
  private running = Promise.resolve();
  private readonly waiting = new Set<(error?: DeviceError) => void>();
  private readonly leaving = new Set<string>();

  constructor(private readonly context: LifeContext) {
    this.backoff = new Backoff(context.ports.random);
    this.timers = new Timers(context.ports.clock);
    context.client.events.on('up', () => this.onUp());
    context.client.events.on('down', (error) => this.onDown(error));
  }

  get isReady(): boolean {
    return this.isRegistered && (this.state === 'healthy' || this.state === 'degraded');
  }

  start(): void {
    this.isWished = true;
    this.enter('connecting');
    void this.open();
  }

  /** Registers (again) if it is not; settles as `whenReady`. */
  async register(signal?: AbortSignal): Promise<void> {
    this.isWished = true;
    if (this.isReady) return;
    this.enter('connecting');
    this.timers.clear('retry');
    this.wake();
    await this.whenReady(signal);
  }

  /** Takes the AE away, and leaves it so until `register`. */
  async deregister(): Promise<void> {
    this.isWished = false;
    this.timers.clearAll();
    await this.running;
    if (this.isRegistered) {
      await this.context.registration.deregister();
      this.isRegistered = false;
      this.context.kept.forgetAll();
      this.context.onEvent({ event: 'deregistered', payload: this.context.registration.originator });
    }
    this.enter('disconnected');
  }

  /** Puts the end of the registration off, now. */
  async refresh(): Promise<void> {
    await this.refreshNow();
    this.schedule();
  }

  /** Settles once the AE is registered and all that is to exist has been tried; rejects with what stands in the way. */
  whenReady(signal?: AbortSignal): Promise<void> {
    if (this.isReady) return Promise.resolve();
    if (this.isClosed) return Promise.reject(new DeviceError(ErrorCode.CLOSED, 'the node was closed'));
    if (this.state === 'disconnected') {
      const text = 'the AE is deregistered; msg.operation "register" registers it again';
      return Promise.reject(new DeviceError(ErrorCode.CLOSED, text));
    }
    if (this.waiting.size >= MOST_WAITING) {
      const text = `${MOST_WAITING} messages wait for the registration already; this one was not kept`;
      return Promise.reject(new DeviceError(ErrorCode.QUEUE_FULL, text));
    }
    const { clock } = this.context.ports;
    return new Promise((resolve, reject) => {
      const settle = (error?: DeviceError): void => {
        this.waiting.delete(settle);
        clock.clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = (): void => settle(toDeviceError(signal?.reason, ErrorCode.CLOSED));
      const timer = clock.setTimeout(() => settle(this.notReady()), this.context.config.timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.add(settle);
    });
  }

  /** Something may be missing: looks at once. */
  wake(): void {
    this.isWoken = true;
    if (!this.isRunning) this.running = this.run();
  }

  /** Something is being deleted at the CSE: once that is over, it is missing, and looked for. */
  forgetSoon(key: string): void {
    this.leaving.add(key);
    this.timers.set('settle', SETTLE_MS, () => {
      for (const gone of this.leaving) this.context.kept.forget(gone);
      this.leaving.clear();
      this.wake();
    });
  }

  /** An answer, or the lack of one, that may mean that the CSE has lost us. */
  doubt(reason: number | DeviceError): void {
    const isDoubtful = typeof reason === 'number' ? mayMeanForgotten(reason) : isLoss(reason);
    if (!isDoubtful || !this.isReady || this.timers.isSet('doubt')) return;
    const { clock } = this.context.ports;
    const look = (): void => {
      this.lastDoubt = clock.now();
      this.isInDoubt = true;
      this.wake();
    };
    this.timers.set('doubt', this.lastDoubt + DOUBT_PAUSE_MS - clock.now(), look);
  }

  close(): void {
    this.isClosed = true;
    this.timers.clearAll();
    const closed = new DeviceError(ErrorCode.CLOSED, 'the node was closed');
    this.settle(closed);
    this.context.kept.rejectAll(closed);
    this.enter('closed');
  }

  /** What a broker has kept for us comes as soon as we are connected: somebody has to listen by then. `up` wakes the rest. */
  private async open(): Promise<void> {
    await this.context.registration.prepare();
    if (!this.isClosed) this.context.client.open();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.isWoken && !this.isClosed) {
      this.isWoken = false;
      if (!this.isWished || !this.context.client.isUp) continue;
      try {
        await this.reconcile();
      } catch (error) {
        this.fail(toDeviceError(error, ErrorCode.BAD_RESPONSE));
      }
    }
    this.isRunning = false;
  }

  private async reconcile(): Promise<void> {
    if (this.isRegistered && this.isInDoubt) await this.look();
    if (!this.isRegistered) await this.establish();
    if (this.isRefreshDue) await this.refreshNow();
    await this.makeMissing();
    if (!this.isWished || this.isClosed || !this.context.client.isUp) return;
    const errors = this.context.kept.errors();
    this.lastError = errors[0];
    this.enter(errors.length === 0 ? 'healthy' : 'degraded');
    if (errors.length === 0) {
      this.backoff.reset();
      this.context.onRecovered();
    }
    this.settle();
    this.schedule();
    if (errors.length > 0) this.timers.set('retry', this.backoff.next(), () => this.wake());
  }

  private async look(): Promise<void> {
    const { registration, config } = this.context;
    const timeoutMs = Math.min(this.lookMs, config.timeoutMs);
    this.lookMs = timeoutMs * 2;
    const isKnown = await registration.isKnown(timeoutMs);
    this.lookMs = FIRST_LOOK_MS;
    this.isInDoubt = false;
    if (isKnown) return;
    this.isRegistered = false;
    this.wasForgotten = true;
    this.context.kept.forgetAll();
    this.enter('connecting'); // messages wait until what they may rely on is there again
    const { originator, address } = registration;
    this.context.onEvent({ event: 'forgotten', payload: originator, topic: address });
  }

  private async establish(): Promise<void> {
    const { registration, peer, client, config } = this.context;
    // JSON is what every CSE understands; a WebSocket has one serialization for all.
    const serialization = config.binding === 'websocket' ? {} : { serialization: 'json' as const };
    await peer.identify(client, config.cse.base, { timeoutMs: config.timeoutMs, ...serialization });
    if (this.isClosed) return;
    const outcome = await registration.establish();
    this.isRegistered = true;
    this.isInDoubt = false;
    this.isRefreshDue = false;
    if (outcome === 'registered') this.context.kept.forgetAll();
    const event = this.wasForgotten ? 'restored' : outcome;
    this.wasForgotten = false;
    const { originator, address, expiresAt } = registration;
    const details = { address, profile: peer.name, ...(expiresAt === undefined ? {} : { expiresAt }) };
    this.context.onEvent({ event, payload: originator, topic: address, details });
  }

  /** One after the other: later ones may stand on earlier ones. What fails does not hold up the rest, unless the link is gone. */
  private async makeMissing(): Promise<void> {
    const { kept, client, peer } = this.context;
    for (const entry of kept.missing()) {
      if (this.isClosed || !this.isWished || !client.isUp) return;
      try {
        kept.present(entry, await entry.kept.ensure());
      } catch (error) {
        if (!kept.has(entry.kept.key)) continue; // given up meanwhile
        const problem = toDeviceError(error, ErrorCode.BAD_RESPONSE);
        const isTold = kept.failed(entry, problem);
        if (!isTold) this.context.onProblem(problem);
        // Where errors are hidden, no answer may be a refusal: then the rest goes on.
        if (isLoss(problem) && !(problem.code === ErrorCode.TIMEOUT && peer.profile.hidesErrors)) throw problem;
        if (problem.code === 'ONEM2M_4004' || problem.code === 'ONEM2M_4103') this.isInDoubt = true;
      }
    }
    if (this.isInDoubt && kept.errors().length > 0) {
      const wasKnown = this.isRegistered;
      await this.look();
      if (wasKnown && !this.isRegistered) this.isWoken = true;
    }
  }

  private async refreshNow(): Promise<void> {
    const { registration, kept, config, ports } = this.context;
    const lifetimeMs = config.registration.expiresMs || Math.max(REFRESH_MARGIN_MS, this.remainingMs() ?? 0);
    try {
      await registration.refresh(lifetimeMs);
    } catch (error) {
      if (error instanceof DeviceError && isRefusal(error)) {
        this.isInDoubt = true;
        this.wake();
      }
      throw error;
    }
    this.isRefreshDue = false;
    const end = registration.expiresAt ?? ports.clock.now() + lifetimeMs;
    const et = toWholeSeconds(end, 'up');
    for (const entry of kept.expiring(end)) {
      try {
        kept.present(entry, await entry.kept.refresh(et));
      } catch {
        kept.forget(entry.kept.key); // made again, which tells what is wrong if that fails too
      }
    }
    this.context.onEvent({ event: 'refreshed', payload: registration.originator, details: { expiresAt: end } });
  }

  private remainingMs(): number | undefined {
    const { expiresAt } = this.context.registration;
    return expiresAt === undefined ? undefined : expiresAt - this.context.ports.clock.now();
  }

  /** The next refresh and the next look; each once. */
  private schedule(): void {
    const { refreshMs, checkMs } = this.context.config.registration;
    const remaining = this.remainingMs();
    if (remaining !== undefined) {
      const early = remaining > 2 * REFRESH_MARGIN_MS ? remaining - REFRESH_MARGIN_MS : remaining * REFRESH_PART;
      this.timers.set('refresh', Math.max(LEAST_PAUSE_MS, Math.min(refreshMs ?? early, early)), () => {
        this.isRefreshDue = true;
        this.wake();
      });
    }
    if (checkMs > 0 && !this.timers.isSet('check')) {
      this.timers.set('check', checkMs, () => {
        this.isInDoubt = true;
        this.wake();
      });
    }
  }

  private onUp(): void {
    this.context.onEvent({ event: 'linkUp', payload: true });
    this.isInDoubt = this.isRegistered;
    this.timers.clear('retry');
    this.wake();
  }

  private onDown(error: DeviceError): void {
    if (!this.isWished || this.isClosed) return;
    if (this.isReady)
      this.context.onEvent({ event: 'linkDown', payload: error.message, details: { code: error.code } });
    this.lastError = error;
    this.context.onProblem(error);
    this.context.kept.rejectAll(error);
    this.enter('unhealthy');
  }

  private fail(error: DeviceError): void {
    if (this.isClosed || !this.isWished) return;
    this.lastError = error;
    this.context.onProblem(error);
    this.context.kept.rejectAll(error);
    this.enter('unhealthy');
    if (isLoss(error)) {
      this.isInDoubt = this.isRegistered;
      if (!this.isRegistered) this.context.peer.forget();
    } else {
      this.settle(error);
    }
    if (this.context.client.isUp) this.timers.set('retry', this.backoff.next(), () => this.wake());
  }

  private notReady(): DeviceError {
    const { address } = this.context.registration;
    const reason = this.lastError === undefined ? 'the CSE has not answered yet' : this.lastError.message;
    return new DeviceError(ErrorCode.LINK_LOST, `${address} is not registered, nothing was sent: ${reason}`);
  }

  private settle(error?: DeviceError): void {
    for (const settle of [...this.waiting]) settle(error);
  }

  private enter(state: DeviceState): void {
    if (this.state === 'closed') return;
    this.state = state;
    if (state === 'healthy') this.lastError = undefined;
    this.context.onState();
  }
}

const isLoss = ({ code }: DeviceError): boolean =>
  code === ErrorCode.TIMEOUT || code === ErrorCode.LINK_LOST || code === ErrorCode.CONNECT_FAILED;

const isRefusal = ({ code }: DeviceError): boolean => code.startsWith('ONEM2M_');
