import type { ClientMonitoredItemGroup, DataValue, NodeId } from 'node-opcua-client';
import { unlessAborted } from '../../../base/waiting';
import type { Reading, Subscription } from '../../../device/driver';
import { DeviceError } from '../../../base/errors';
import { DriftWatch } from './drift-watch';
import type { UaLink } from './link';
import { SubscriptionShare } from './shared-subscription';
import type { OpcUaProperty } from '../config/property';
import { badReading, enumerationsOf, nodeToRead, toReading } from './reader';
import { toOpcUaError } from '../library/status-codes';
import { itemError } from '../library/status-item';
import { mayHoldStructures, stillLearning } from '../library/structures';
import type { Enumeration } from '../values/decode';

export interface SubscriptionHooks {
  readonly sink: (readings: Reading[]) => void;
  /** The server ended the subscription by itself. */
  readonly onEnded: (error: DeviceError) => void;
}

interface Item {
  readonly property: OpcUaProperty;
  readonly nodeId: NodeId;
}

const AS_PUBLISHED = -1;
const NO_PATIENCE = AbortSignal.abort();

/**
 * One monitored item a property, in the subscription of the session that has this interval. Items with equal parameters are made in one request, in parts the
 * server accepts. What the server cannot monitor is not `covered`, so that it is polled.
 */
export class OpcUaSubscription implements Subscription {
  readonly covered = new Set<string>();
  private readonly buffer: Reading[] = [];
  private isEnded = false;
  private readonly ending = new AbortController();
  private readonly drift: DriftWatch;
  /** The last request for monitored items. */
  private making: Promise<unknown> = Promise.resolve();
  /** Of values with structures, by property: when the last one is told. Never rejects. */
  private readonly turns = new Map<OpcUaProperty, Promise<void>>();

  private constructor(
    private readonly link: UaLink,
    private readonly share: SubscriptionShare,
    private readonly hooks: SubscriptionHooks,
    properties: readonly OpcUaProperty[],
    publishingIntervalMs: number,
  ) {
    const banded = properties.filter(({ visitor }) => visitor.deadband !== undefined);
    const tell = (reading: Reading): void => this.push(reading);
    this.drift = new DriftWatch(link, banded, publishingIntervalMs, tell, this.ending.signal);
    share.onGone = () => this.onTerminated();
  }

  /** Rejects with what the server said when there can be no subscription at all. */
  static async open(
    link: UaLink,
    properties: readonly OpcUaProperty[],
    publishingIntervalMs: number,
    hooks: SubscriptionHooks,
    signal: AbortSignal,
  ): Promise<OpcUaSubscription> {
    const share = await SubscriptionShare.open(link, publishingIntervalMs, signal);
    const made = new OpcUaSubscription(link, share, hooks, properties, publishingIntervalMs);
    try {
      await made.monitor(properties, signal);
      return made;
    } catch (error) {
      await made.end();
      throw toOpcUaError(error, 'subscribe');
    }
  }

  /** Nothing comes through the sink any more. Settles within 2 s; the session's end ends it anyway. */
  async end(): Promise<void> {
    if (this.isEnded) return;
    this.isEnded = true;
    this.ending.abort();
    this.covered.clear();
    await this.share.release(this.making);
  }

  private async monitor(properties: readonly OpcUaProperty[], signal: AbortSignal): Promise<void> {
    const nodes = await this.link.addresses.resolve(
      properties.map(({ visitor }) => visitor),
      signal,
    );
    const items: Item[] = [];
    properties.forEach((property, index) => {
      const node = nodes[index];
      if (node?.ok === true) items.push({ property, nodeId: node.answer });
      else if (node !== undefined) this.refuse(property, node.error);
    });
    const named = items.filter(({ property }) => property.type === 'string' || property.type === 'object');
    const enumerations = await enumerationsOf(named, this.link, signal);
    const size = this.link.ua.operationLimits.maxMonitoredItemsPerCall;
    for (const group of groupedByParameters(items)) {
      for (let start = 0; start < group.length; start += size) {
        await this.monitorTogether(group.slice(start, start + size), enumerations, signal);
      }
    }
  }

  private async monitorTogether(
    items: readonly Item[],
    enumerations: ReadonlyMap<OpcUaProperty, Enumeration>,
    signal: AbortSignal,
  ): Promise<void> {
    const [first] = items;
    if (first === undefined) return;
    const { ClientMonitoredItemGroup, TimestampsToReturn } = this.link.library;
    const group = ClientMonitoredItemGroup.create(
      this.share.subscription,
      items.map(({ property, nodeId }) => nodeToRead(property, nodeId)),
      { ...parametersOf(first.property), ...this.filterOf(first.property) },
      TimestampsToReturn.Both,
    );
    const names = items.map(({ property }) => enumerations.get(property));
    const isBanded = first.property.visitor.deadband !== undefined;
    const tell = (property: OpcUaProperty, dataValue: DataValue, index: number): void => {
      const reading = toReading(property, dataValue, this.now(), names[index]);
      if (isBanded) this.drift.note(property, reading);
      this.push(reading);
    };
    // Before anything is awaited: the first values may come together with the answer.
    group.on('changed', (_item: unknown, dataValue: DataValue, index: number) => {
      const property = items[index]?.property;
      if (property === undefined || this.isEnded) return;
      if (!mayHoldStructures(dataValue.value)) tell(property, dataValue, index);
      else this.tellDecoded(property, dataValue, () => tell(property, dataValue, index));
    });
    this.share.add(group);
    this.making = created(group);
    await unlessAborted(this.making, signal, 'subscribe');
    group.monitoredItems.forEach((item, index) => {
      const property = items[index]?.property;
      const { statusCode } = item as unknown as { statusCode: { name: string; isGood(): boolean } };
      if (property === undefined) return;
      if (statusCode.isGood()) this.covered.add(property.name);
      else this.refuse(property, itemError(statusCode, property.name));
    });
  }

  /** In the order in which they came, and at last also those whose types had to be learned first. */
  private tellDecoded(property: OpcUaProperty, { value }: DataValue, tell: () => void): void {
    const { structures } = this.link.ua;
    const turn = (this.turns.get(property) ?? Promise.resolve()).then(async () => {
      const isOpen = (await structures.complete([value], NO_PATIENCE)).size > 0;
      if (isOpen) this.push(badReading(property, stillLearning(property.name), this.link.clock.now()));
      const isStillOpen = isOpen && (await structures.complete([value], this.ending.signal)).size > 0;
      if (!isStillOpen && !this.isEnded) tell();
    });
    this.turns.set(property, turn);
  }

  /** A property that only the server could notify has no other way to say what is wrong. */
  private refuse(property: OpcUaProperty, error: DeviceError): void {
    if (property.accessMode === 'NotifyOnly') this.push(badReading(property, error, this.link.clock.now()));
  }

  /** What is told together has the same time. */
  private now(): number {
    return this.buffer[0]?.updatedAt ?? this.link.clock.now();
  }

  /** node-opcua tells the values of one publication one by one in the same turn; they go on together. */
  private push(reading: Reading): void {
    this.buffer.push(reading);
    if (this.buffer.length > 1) return;
    queueMicrotask(() => {
      const readings = this.buffer.splice(0);
      if (!this.isEnded) this.hooks.sink(readings);
    });
  }

  private filterOf({ visitor: { deadband } }: OpcUaProperty): { readonly filter?: InstanceType<DataChangeFilter> } {
    if (deadband === undefined) return {};
    const { DataChangeFilter, DataChangeTrigger, DeadbandType } = this.link.library;
    const filter = new DataChangeFilter({
      trigger: DataChangeTrigger.StatusValue,
      deadbandType: deadband.kind === 'percent' ? DeadbandType.Percent : DeadbandType.Absolute,
      deadbandValue: deadband.value,
    });
    return { filter };
  }

  private onTerminated(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.ending.abort();
    this.covered.clear();
    const message = 'the server ended the subscription (BadSubscriptionIdInvalid)';
    this.hooks.onEnded(new DeviceError('OPCUA_BadSubscriptionIdInvalid', message));
  }
}

/** Until the server has answered for every item of the group. */
function created(group: ClientMonitoredItemGroup): Promise<void> {
  return new Promise((resolve, reject) => {
    group.on('initialized', resolve);
    group.on('err', (message: string) => reject(new Error(message)));
  });
}

type DataChangeFilter = UaLink['library']['DataChangeFilter'];

const parametersOf = ({ visitor }: OpcUaProperty) => ({
  samplingInterval: visitor.samplingIntervalMs ?? AS_PUBLISHED,
  queueSize: visitor.queueSize,
  discardOldest: true,
});

function groupedByParameters(items: readonly Item[]): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const { deadband } = item.property.visitor;
    const key = JSON.stringify([parametersOf(item.property), deadband?.kind, deadband?.value]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
