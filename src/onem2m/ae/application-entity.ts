import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Ports } from '../../base/ports';
import { show } from '../../base/show';
import { targetResolver } from '../primitive/addressing';
import { pointOfAccessOf, type AeBindings } from './create-bindings';
import { Client } from '../exchange/client';
import { NonBlocking } from '../exchange/non-blocking';
import type { AeConfig, ResourceSpec, SubscriptionSpec } from './model/config';
import { DiscoveryWatch } from './upkeep/discovery-watch';
import { nodeClosed, sayGoodbye } from './upkeep/farewell';
import { HiddenErrors } from './upkeep/hidden-errors';
import { KeptList } from './upkeep/kept';
import { KeptResource } from './upkeep/kept-resource';
import type { KeptSubscription } from './upkeep/kept-subscription';
import { AeLife } from './upkeep/life';
import type { AeEvents, AeSnapshot } from './model/events';
import type { AeMessage, AeResult } from './model/messages';
import { Notifications, type NotificationHandler } from './upkeep/notifications';
import { notificationUri } from './upkeep/nu';
import { isAeOperation, operationOf, perform, OPERATION_NAMES, type OperationContext } from './operations';
import { isOwnOperation, OWN_OPERATIONS, performEnsure, performOwn, type OwnContext } from './own-operations';
import { Peer } from './upkeep/peer';
import { PollingPart } from './upkeep/polling-part';
import { Registration } from './upkeep/registration';
import type { Exchange, Requester, RequestDraft } from '../exchange/requester';
import { ownID, type AeSecret } from './model/secret';
import type { AeStore } from './model/store';
import { Subscriptions } from './upkeep/subscriptions';
import { withWholeFilter } from './upkeep/whole-filter';

export type { AeBindings } from './create-bindings';
export type { AeSnapshot } from './model/events';
export type { AeMemory, AeStore } from './model/store';

export interface AeSurroundings {
  readonly ports: Ports;
  readonly store: AeStore;
  readonly secret: AeSecret;
  readonly bindings: AeBindings;
}

/** All names that `msg.operation` may have. */
export const AE_OPERATIONS: readonly string[] = [...OPERATION_NAMES, ...OWN_OPERATIONS];

/** The longest a result of a non-blocking request is waited for, ms; a longer `timeout` counts. */
const RESULT_TIMEOUT_MS = 60_000;
/** Resources that are kept up, of the configuration and of messages together. */
const MOST_RESOURCES = 20_000;

/** An application entity at work: docs/contract.md#onem2m-ae, without Node-RED. */
export class ApplicationEntity {
  readonly events = new EventEmitter<AeEvents>();
  readonly requester: Requester;
  private readonly client: Client;
  private readonly nonBlocking: NonBlocking;
  private readonly peer: Peer;
  private readonly registration: Registration;
  private readonly notifications: Notifications;
  private readonly kept = new KeptList();
  private readonly life: AeLife;
  private readonly subscriptions: Subscriptions;
  private readonly resources = new Map<string, ResourceSpec>();
  private readonly watches: readonly DiscoveryWatch[];
  private readonly polling: PollingPart | undefined;
  private readonly operations: OperationContext;
  private readonly own: OwnContext;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly config: AeConfig,
    private readonly surroundings: AeSurroundings,
  ) {
    const { ports, bindings, store, secret } = surroundings;
    const { clock } = ports;
    const { sender, receiver } = bindings;
    const receivers = receiver === undefined ? [sender] : [sender, receiver];
    this.peer = new Peer(config.cse.profile, config.cse.id);
    this.client = new Client({
      sender,
      receivers,
      ports,
      timeoutMs: config.timeoutMs,
      release: config.cse.release,
      originator: () => this.registration.originator,
      timeoutAdvice: () => (config.binding === 'mqtt' ? this.peer.timeoutAdvice : undefined),
      isExclusive: () => config.binding === 'websocket' && this.peer.profile.mixesUpWebSocketRequests,
    });
    const asking = new HiddenErrors({ client: this.client, peer: this.peer, config, clock });
    this.registration = new Registration({
      config,
      client: asking,
      peer: this.peer,
      store,
      clock,
      listen: async (originator) => {
        for (const each of receivers) await each.listen(originator);
      },
      ownID: ownID(config.ae.name, secret),
      pointOfAccess: () => pointOfAccessOf(config, bindings),
    });
    const resultTimeoutMs = Math.max(RESULT_TIMEOUT_MS, config.timeoutMs);
    this.nonBlocking = new NonBlocking({ client: asking, clock, resultTimeoutMs });
    const resolve = targetResolver({ base: config.cse.base, aeName: config.ae.name });
    const { registration } = this;
    this.requester = {
      get originator() {
        return registration.originator;
      },
      resolve,
      exchange: (draft, signal, patienceMs) => this.exchange(draft, signal, patienceMs),
    };
    this.notifications = new Notifications({
      originator: () => registration.originator,
      cseID: () => this.peer.cseID,
      isSubscribedAt: (cseID) => this.subscriptions.areAt(cseID),
      onNotification: (notification) => this.events.emit('notification', notification),
      onLifeEvent: (event) => this.events.emit('life', event),
      onProblem: (error) => this.tellProblem(error),
      onResult: (result) => this.nonBlocking.take(result),
      onSaidDeleted: ({ key }) => this.life.forgetSoon(key),
    });
    this.life = new AeLife({
      config,
      client: this.client,
      peer: this.peer,
      registration,
      kept: this.kept,
      ports,
      onState: () => this.onState(),
      onEvent: (event) => this.events.emit('life', event),
      onProblem: (error) => this.tellProblem(error),
      onRecovered: () => this.events.emit('recovered'),
    });
    this.client.events.on('request', (incoming) => this.notifications.handle(incoming));
    this.client.events.on('answer', (response, traits) => this.peer.observe(response, traits));
    this.client.events.on('problem', (error) => this.tellProblem(error));
    this.client.events.on('late', (response) => {
      if (this.closing === undefined)
        this.events.emit('life', { event: 'late', payload: response.pc, details: { response } });
    });
    this.polling = config.notify.kind === 'poll' ? this.createPolling() : undefined;
    this.subscriptions = this.createSubscriptions();
    for (const spec of config.resources) this.addResource(spec);
    for (const spec of config.subscriptions) this.subscriptions.add(spec);
    this.watches = config.discoveries.map((spec) => this.createWatch(spec));
    this.own = this.createOwnContext();
    this.operations = this.createOperationContext();
  }

  /** Connects and registers, and keeps it so until `close`. Outcomes come as events. */
  start(): void {
    this.life.start();
    for (const watch of this.watches) void watch.look();
  }

  /**
   * Does what a message asks (`msg.operation`, docs/contract.md#onem2m-ae). Before the AE is registered it waits, at most for the timeout.
   * Rejects with BAD_MESSAGE, naming the field; ONEM2M_<rsc>; TIMEOUT; LINK_LOST; ...
   */
  async perform(message: AeMessage, signal?: AbortSignal): Promise<AeResult> {
    return this.performNamed(operationOf(message), message, signal);
  }

  /**
   * Creates what of this is missing, top-down; it is kept up like the resources of the configuration. What cannot be made is not
   * tried for ever: whoever asked for it is told. Rejects with QUEUE_FULL where too much is kept up already.
   */
  async ensure(resources: readonly ResourceSpec[]): Promise<void> {
    if (this.resources.size + resources.length > MOST_RESOURCES) {
      const text = `${MOST_RESOURCES} resources are kept up already; no more were created`;
      throw new DeviceError(ErrorCode.QUEUE_FULL, text);
    }
    const keys = resources.map((spec) => this.addResource(spec));
    try {
      await this.whenPresent(keys);
    } catch (error) {
      for (const spec of resources) this.dropMissing(spec);
      this.life.wake(); // what was given up is no trouble any more
      throw error;
    }
  }

  /**
   * Subscribes to what is created in a resource; kept up like the subscriptions of the configuration. What comes goes to `handler`
   * and not to the flow. Resolves with a function that ends it.
   */
  async watch(target: string, handler: NotificationHandler): Promise<() => Promise<void>> {
    const name = 'devicelink-watch';
    const spec = { target, name, isNamed: false, events: [3], attributes: {}, field: 'devices' };
    const subscription = this.subscriptions.add(spec);
    this.notifications.divert(subscription.key, handler);
    await this.whenPresent([subscription.key]);
    return () => this.subscriptions.end(subscription);
  }

  snapshot(): AeSnapshot {
    const { state, lastError } = this.life;
    const { isAssigned, originator, expiresAt } = this.registration;
    const { name } = this.peer;
    return {
      state,
      ...(lastError === undefined ? {} : { lastError: { code: lastError.code, message: lastError.message } }),
      ...(isAssigned ? { originator } : {}),
      ...(name === undefined ? {} : { profile: name }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      pending: this.client.size,
    };
  }

  /** Settles within 5 s. Takes the AE and its subscriptions away if `registration.onClose` says so. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async performNamed(operation: string, message: AeMessage, signal?: AbortSignal): Promise<AeResult> {
    if (isOwnOperation(operation)) {
      if (operation === 'subscribe' || operation === 'unsubscribe') await this.life.whenReady(signal);
      return performOwn(operation, message, this.own, signal);
    }
    if (!isAeOperation(operation)) {
      const text = `msg.operation must be one of ${AE_OPERATIONS.join(', ')}, got ${show(operation)}`;
      throw new DeviceError(ErrorCode.BAD_MESSAGE, text);
    }
    if (!this.life.isReady) await this.life.whenReady(signal);
    const result = await perform(operation, message, this.operations, signal);
    if (operation === 'delete') this.subscriptions.dropBelow(result.onem2m.to);
    return result;
  }

  private async exchange(draft: RequestDraft, signal?: AbortSignal, patienceMs = 0): Promise<Exchange> {
    try {
      const timeoutMs = this.config.timeoutMs + patienceMs;
      const whole = withWholeFilter(draft, this.peer.profile, this.peer.cseID);
      const exchange = await this.nonBlocking.exchange(whole, { signal, timeoutMs });
      this.life.doubt(exchange.response.rsc);
      return exchange;
    } catch (error) {
      if (error instanceof DeviceError) this.life.doubt(error);
      throw error;
    }
  }

  private async whenPresent(keys: readonly string[]): Promise<void> {
    // Bounded in number and time; from then on each is either made or told why not.
    await this.life.whenReady();
    const all = Promise.all(keys.map((key) => this.kept.whenPresent(key)));
    this.life.wake();
    await all;
  }

  private addResource(spec: ResourceSpec): string {
    const resource = new KeptResource(this.requester, spec);
    if (this.kept.add(resource)) this.resources.set(resource.address, spec);
    return resource.key;
  }

  private dropMissing(spec: ResourceSpec): void {
    const { key, address } = new KeptResource(this.requester, spec);
    if (this.resources.get(address) === spec && this.kept.removeMissing(key)) this.resources.delete(address);
  }

  private notificationUri(target: string): string {
    const config = { ...this.config, cse: { ...this.config.cse, id: this.peer.cseID } };
    const pointOfAccess = pointOfAccessOf(config, this.surroundings.bindings);
    return notificationUri(config, this.peer.profile, this.registration.originator, pointOfAccess, target);
  }

  /** Asked for by a message, which is told what comes of it: what fails is not tried for ever. */
  private async subscribe(spec: SubscriptionSpec): Promise<KeptSubscription> {
    const subscription = this.subscriptions.ask(spec);
    try {
      await this.whenPresent([subscription.key]);
    } catch (error) {
      this.subscriptions.drop(subscription);
      this.life.wake(); // it is no trouble any more
      throw error;
    }
    return subscription;
  }

  private createSubscriptions(): Subscriptions {
    const { requester, kept, notifications, registration } = this;
    const { secret } = this.surroundings;
    return new Subscriptions({
      requester,
      kept,
      notifications,
      cseID: () => this.peer.cseID,
      notificationUri: (target) => this.notificationUri(target),
      tagOf: (key) => secret.tag(key),
      hasFormer: () => secret.isNew && registration.wasResumed,
      profile: () => this.peer.profile,
    });
  }

  private createWatch(spec: AeConfig['discoveries'][number]): DiscoveryWatch {
    return new DiscoveryWatch({
      spec,
      clock: this.surroundings.ports.clock,
      isReady: () => this.life.isReady,
      discover: async ({ target, filter }) => {
        const message = { topic: target, onem2m: { fc: { fu: 1, ...filter } } };
        const { payload, onem2m } = await this.performNamed('discover', message);
        const addresses = Array.isArray(payload) ? payload.filter((item) => typeof item === 'string') : [];
        return { addresses, isComplete: !('complete' in onem2m) || onem2m.complete !== false };
      },
      onEvent: (event) => this.events.emit('life', event),
      onProblem: (error) => this.tellProblem(error),
    });
  }

  private createPolling(): PollingPart {
    const part = new PollingPart({
      requester: this.requester,
      client: this.client,
      ports: this.surroundings.ports,
      timeoutMs: this.config.timeoutMs,
      profile: () => this.peer.profile,
      onRequest: (incoming) => this.notifications.handle(incoming),
      onProblem: (error) => {
        this.tellProblem(error);
        if (error.code !== 'ONEM2M_4004') return;
        this.kept.forget(part.key);
        this.life.wake();
      },
    });
    this.kept.add(part);
    return part;
  }

  private createOwnContext(): OwnContext {
    return {
      life: this.life,
      registration: this.registration,
      requester: this.requester,
      now: () => this.surroundings.ports.clock.now(),
      subscribe: (spec) => this.subscribe(spec),
      subscriptionsOn: (target, name) => this.subscriptions.on(target, name),
      wasForgotten: (target) => this.subscriptions.wasForgotten(target),
      unsubscribe: (subscription, signal) => this.subscriptions.end(subscription, signal),
      ensure: (resources) => this.ensure(resources),
    };
  }

  private createOperationContext(): OperationContext {
    const first = this.config.resources.find(({ ty }) => ty === 3);
    return {
      requester: this.requester,
      contentFormat: this.config.contentFormat,
      ...(first === undefined ? {} : { defaultContainer: first.path }),
      autoCreate: true,
      picksAttributes: () => this.peer.profile.picksAttributes,
      typeOf: (address) => this.resources.get(address)?.ty,
      wrapperOf: (address) => this.resources.get(address)?.wrapper,
      ensure: (list) => performEnsure(list, this.own),
      performOther: (operation, message, signal) => this.performNamed(operation, message, signal),
      now: () => this.surroundings.ports.clock.now(),
    };
  }

  /** What the end of the node itself breaks off is no trouble. */
  private tellProblem(error: DeviceError): void {
    if (this.closing === undefined) this.events.emit('problem', error);
  }

  private onState(): void {
    this.events.emit('state', this.snapshot());
    if (this.life.isReady) for (const watch of this.watches) void watch.look();
  }

  private async end(): Promise<void> {
    const isInTouch = this.client.isUp && this.life.state !== 'unhealthy';
    const isForgotten = isInTouch && this.config.registration.onClose === 'deregister';
    for (const watch of this.watches) watch.close();
    this.life.close();
    this.notifications.mute();
    await this.polling?.close();
    const { client, registration, subscriptions } = this;
    if (isForgotten) await sayGoodbye({ client, registration, subscriptions, ports: this.surroundings.ports });
    else client.giveUp(nodeClosed());
    await this.client.close({ forget: isForgotten });
    this.client.events.removeAllListeners();
  }
}
