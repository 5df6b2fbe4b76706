import type { EventEmitter } from 'node:events';
import type { ClientMonitoredItemBase, ClientSubscription, Variant } from 'node-opcua-client';
import { settlesWithin } from '../../../base/settle-within';
import type { DriverMessage } from '../../../device/driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { show } from '../../../base/fields/fields';
import { createSubscription } from '../access/new-subscription';
import { toLibraryNodeId } from '../address/node-address-ids';
import { itemError } from '../library/status-item';
import type { UaSession } from '../session/session-pool';
import { ask, type ActionContext } from './context';
import { eventToJson } from './event-fields';
import { ownEventFields } from './event-type-fields';
import { makeEventFilter } from './event-filter';
import type { EventRequest } from './event-request';
import { resolveNode, standardNode } from './resolve';

/** How many a device may have at once. */
const MAX_SUBSCRIPTIONS = 50;
/** What ending a subscription on the server may take, ms. */
const END_MS = 1500;

/**
 * The events a device was asked to tell, by the name of the subscription. What is wished outlives sessions: `restore` makes
 * it anew on the next one, each once, and tells by a message what could not be had again.
 */
export class EventSubscriptions {
  private readonly wished = new Map<string, EventRequest>();
  /** Made on this session. */
  private readonly live = new Map<string, LiveSubscription>();
  private session: UaSession | undefined;
  /** One change at a time, so that nothing is ever made twice. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly messages: EventEmitter<{ message: [DriverMessage] }>) {}

  /** Takes the place of one of the same name. @throws DeviceError; then the one before is as it was */
  add(context: ActionContext, request: EventRequest): Promise<{ subscription: string; fields: readonly string[] }> {
    return this.inTurn(async () => {
      const { subscription } = request;
      if (!this.wished.has(subscription) && this.wished.size >= MAX_SUBSCRIPTIONS) {
        throw new DeviceError(
          ErrorCode.QUEUE_FULL,
          `there are ${MAX_SUBSCRIPTIONS} event subscriptions already; end one with the action unsubscribe`,
        );
      }
      this.enter(context);
      const made = await this.make(context, request);
      await this.live.get(subscription)?.end();
      this.live.set(subscription, made);
      this.wished.set(subscription, request);
      return { subscription, fields: made.fields };
    });
  }

  /** @throws DeviceError BAD_MESSAGE when there is none of this name */
  remove(name: string): Promise<{ subscription: string }> {
    return this.inTurn(async () => {
      if (!this.wished.delete(name)) {
        const known = [...this.wished.keys()].map(show).join(', ');
        const message = `msg.payload.subscription: must be one of ${known || '(there are none)'}, got ${show(name)}`;
        throw new DeviceError(ErrorCode.BAD_MESSAGE, message);
      }
      const live = this.live.get(name);
      this.live.delete(name);
      await live?.end();
      return { subscription: name };
    });
  }

  /** Makes what is wished on a new session. Never rejects. */
  restore(context: ActionContext): Promise<void> {
    return this.inTurn(async () => {
      this.enter(context);
      for (const [name, request] of this.wished) {
        if (this.live.has(name)) continue;
        try {
          this.live.set(name, await this.make(context, request));
        } catch (cause) {
          if (context.signal.aborted) return; // the link is gone: the next one restores them
          const { code, message } = toDeviceError(cause, ErrorCode.BAD_RESPONSE);
          this.messages.emit('message', { action: 'eventsLost', payload: { subscription: name, code, message } });
        }
      }
    });
  }

  /** Ends what is live; the wishes stay. Settles within 1.5 s and never rejects. */
  async suspend(): Promise<void> {
    const ended = [...this.live.values()];
    this.live.clear();
    this.session = undefined; // a device that is not connected keeps nothing of its last connection in memory
    await Promise.all(ended.map((each) => each.end()));
  }

  /** Nothing of an earlier session is of use any more. */
  private enter({ ua }: ActionContext): void {
    if (this.session === ua) return;
    this.session = ua;
    for (const old of this.live.values()) old.forget();
    this.live.clear();
  }

  private async make(context: ActionContext, request: EventRequest): Promise<LiveSubscription> {
    const { subscription: name } = request;
    return LiveSubscription.open(context, request, (event) => {
      this.messages.emit('message', { action: 'event', payload: { subscription: name, ...event } });
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

/** One subscription with one monitored item on the server. */
export class LiveSubscription {
  private constructor(
    private readonly subscription: ClientSubscription,
    private readonly item: ClientMonitoredItemBase,
    /** In the order in which the server sends them. */
    readonly fields: readonly string[],
    private readonly ending: AbortController,
  ) {}

  get id(): number {
    return this.subscription.subscriptionId;
  }

  /** @throws DeviceError; nothing is left on the server then */
  static async open(
    context: ActionContext,
    request: EventRequest,
    onEvent: (event: Record<string, unknown>) => void,
  ): Promise<LiveSubscription> {
    const { library } = context;
    const what = `cannot subscribe to the events of ${request.notifier.text}`;
    const nodeId = await resolveNode(context, request.notifier);
    const conditions = toConditions(context, request);
    const own = request.ownFields ? await ownEventFields(context, conditions.eventType) : [];
    const fields = [...new Set([...request.fields, ...own])];
    const filter = makeEventFilter(library, fields, conditions);
    const subscription = await createSubscription(context, parametersOf(request), context.signal, what);
    let early: ClientMonitoredItemBase | undefined;
    /** Events are told in the order in which they came, whatever has to be learned for one of them. */
    let turn = Promise.resolve();
    const ending = new AbortController();
    // Before the answer is awaited: the first events may come together with it.
    subscription.once('item_added', (item: ClientMonitoredItemBase) => {
      early = item;
      item.on('changed', (values: Variant[]) => {
        turn = turn.then(async () => {
          await context.ua.structures.complete(values, ending.signal);
          if (!ending.signal.aborted) onEvent(eventToJson(fields, values));
        });
      });
    });
    try {
      const item = await ask(context, what, () =>
        subscription.monitor(
          { nodeId, attributeId: library.AttributeIds.EventNotifier },
          { samplingInterval: 0, queueSize: request.queueSize, discardOldest: true, filter },
          library.TimestampsToReturn.Neither,
        ),
      );
      if (item.statusCode.isBad()) throw itemError(item.statusCode, what);
      return new LiveSubscription(subscription, item, fields, ending);
    } catch (error) {
      ending.abort();
      early?.removeAllListeners('changed');
      await settlesWithin(END_MS, subscription.terminate());
      throw error;
    }
  }

  async end(): Promise<void> {
    this.forget();
    await settlesWithin(END_MS, this.subscription.terminate());
  }

  /** For one whose session is gone. */
  forget(): void {
    this.ending.abort();
    this.item.removeAllListeners('changed');
  }
}

/** The server ends a subscription of which it has heard nothing for `lifetime` intervals, at least a minute here. */
function parametersOf({ intervalMs }: EventRequest) {
  const keepAlive = Math.max(3, Math.ceil(5000 / intervalMs));
  return {
    requestedPublishingInterval: intervalMs,
    requestedMaxKeepAliveCount: keepAlive,
    requestedLifetimeCount: Math.max(3 * keepAlive, Math.ceil(60_000 / intervalMs)),
    maxNotificationsPerPublish: 1000,
    publishingEnabled: true,
    priority: 1,
  };
}

function toConditions({ library, ua }: ActionContext, { eventType, minSeverity, sourceNode }: EventRequest) {
  const namespaces = ua.namespaces();
  return {
    ...(eventType === undefined
      ? {}
      : {
          eventType:
            typeof eventType === 'string'
              ? standardNode(library, 'ObjectTypeIds', eventType, 'eventType')
              : toLibraryNodeId(library, eventType, namespaces),
        }),
    ...(minSeverity === undefined ? {} : { minSeverity }),
    ...(sourceNode === undefined ? {} : { sourceNode: toLibraryNodeId(library, sourceNode, namespaces) }),
  };
}
