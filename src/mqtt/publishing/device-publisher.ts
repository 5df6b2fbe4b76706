import { EventEmitter } from 'node:events';
import { withDeadline } from '../../base/deadline';
import type { SyncReport } from '../../device/engine/reporting';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Logger } from '../../base/ports';
import { ProblemTracker } from '../../base/problem-tracker';
import type { Property } from '../../device/property';
import type { DeviceSnapshot, PropertyState } from '../../device/snapshot';
import { valueAsText } from '../../device/documents/property-json';
import { PayloadWriter } from '../../device/documents/payload-text';
import { CommandReceiver } from './command-receiver';
import { EveryOutbox } from './outbox/every-outbox';
import { LatestOutbox } from './outbox/latest-outbox';
import type { PublishOutbox } from './outbox/publish-outbox';
import type { PublishOptions } from '../extension/device-topic';
import type { Backlog } from './publish-settings';
import type { Publisher, PublisherOptions } from './publisher';
import { checkPublishTopic } from '../client/topic';

const AVAILABILITY = '$availability';
/** How long `close` waits for the last `offline` to get through. */
const CLOSE_DEADLINE_MS = 1000;

/** Publishes a document at the device's topic, its properties and whether it can be reached below it, and takes commands there. */
export class DevicePublisher<P extends Property = Property> implements Publisher {
  readonly events: Publisher['events'] = new EventEmitter();
  /** Of documents and properties. */
  private readonly outbox: PublishOutbox;
  /** Of the availability, of which only the newest is of use. */
  private readonly states: PublishOutbox;
  private readonly commands: CommandReceiver<P>;
  private readonly problems: ProblemTracker;
  private readonly valueOptions: PublishOptions;
  private readonly writer: PayloadWriter;
  /** There are changes that no document has told. */
  private hasChanged = false;
  /** The properties that a notification has told since the last sync. */
  private readonly notified = new Set<string>();
  private indexes: ReadonlyMap<string, number> | undefined;
  /** Why messages are not published at present, by outbox. */
  private readonly troubles = new Map<string, readonly DeviceError[]>();
  private availability = '';
  private isDecided = false;
  private wasConnected = false;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: PublisherOptions<P>) {
    const { device, deviceTopic, settings, ports } = options;
    const { clock } = ports;
    this.problems = new ProblemTracker(clock, SILENT, (problem) => this.events.emit('problem', problem));
    const onOutcome = (source: string, error?: DeviceError): void => this.report(source, error);
    this.writer = new PayloadWriter(
      settings.timestamp === undefined ? undefined : { member: settings.timestamp, clock },
    );
    const told = (source: string) => ({
      deviceTopic,
      onTroubles: (troubles: readonly DeviceError[]) => this.onTroubles(source, troubles),
      onLost: (error: DeviceError) => void this.events.emit('problem', error),
      now: () => clock.now(),
    });
    this.states = new LatestOutbox(told('availability'));
    const isEach = backlogOf(options) === 'all';
    this.outbox = isEach ? new EveryOutbox(told('values')) : new LatestOutbox(told('values'));
    this.valueOptions = isEach ? { precedence: settings.replay ?? 'inOrder' } : {};
    this.commands = new CommandReceiver({ device, deviceTopic, clock, onOutcome, shareName: settings.shareName });
    device.events.on('sync', this.onSync);
    deviceTopic.events.on('connected', this.onConnected);
    if (settings.availability) device.events.on('state', this.onState);
    if (deviceTopic.isConnected) this.onConnected();
    if (settings.commands) this.commands.open();
  }

  close(mayReturn = false): Promise<void> {
    this.closing ??= this.shutDown(mayReturn);
    return this.closing;
  }

  private async shutDown(mayReturn: boolean): Promise<void> {
    const { device, deviceTopic, settings, ports } = this.options;
    device.events.off('sync', this.onSync);
    device.events.off('state', this.onState);
    deviceTopic.events.off('connected', this.onConnected);
    this.commands.close();
    this.outbox.clear();
    this.states.clear();
    if (!settings.availability || !deviceTopic.isConnected) return;
    if (mayReturn && this.availability === 'online' && deviceTopic.leaveFarewell(AVAILABILITY, 'offline')) return;
    const deadline = { clock: ports.clock, ms: CLOSE_DEADLINE_MS, message: 'the broker did not answer' };
    const message = { ...AVAILABILITY_OPTIONS, suffix: AVAILABILITY };
    await withDeadline(deadline, () => deviceTopic.publish('offline', message)).catch(() => undefined);
  }

  private readonly onSync = (report: SyncReport): void => {
    const { when, perProperty } = this.options.settings;
    this.hasChanged ||= report.changed.length > 0;
    if (report.isDue && (when === 'sync' || this.hasChanged)) this.publishDocument(report.snapshot);
    if (perProperty) this.publishProperties(report);
  };

  private publishDocument(snapshot: DeviceSnapshot): void {
    this.hasChanged = false;
    try {
      const { settings, octopusStatus } = this.options;
      this.outbox.send('', this.writer.write(snapshot, settings.payload, octopusStatus), this.valueOptions);
      this.report('document');
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.report('document', new DeviceError(ErrorCode.BAD_VALUE, `the status cannot be written: ${text}`));
    }
  }

  /** What changed, at once; with `when: sync` at each sync all the others that were not told by a notification since the last. */
  private publishProperties({ snapshot, changed, cause }: SyncReport): void {
    const { properties } = snapshot;
    if (cause === 'sync' && this.options.settings.when === 'sync') {
      const told = new Set(this.notified);
      this.notified.clear();
      for (const name of changed) told.delete(name);
      for (const state of properties) if (!told.has(state.name)) this.publishProperty(state);
      return;
    }
    for (const name of changed) {
      const state = properties[this.indexOf(name, properties)];
      if (state !== undefined) this.publishProperty(state);
      if (cause === 'notify') this.notified.add(name);
    }
  }

  private publishProperty(state: PropertyState): void {
    if (state.value === undefined || state.quality === 'bad') return;
    const problem = this.topicProblem(state);
    this.report(`topic ${state.name}`, problem);
    if (problem === undefined) this.outbox.send(state.name, valueAsText(state), this.valueOptions);
  }

  /** The order of a device's properties never changes. */
  private indexOf(name: string, properties: readonly PropertyState[]): number {
    this.indexes ??= new Map(properties.map((state, index) => [state.name, index]));
    return this.indexes.get(name) ?? -1;
  }

  private topicProblem({ name }: PropertyState): DeviceError | undefined {
    const problem = isOurs(name) ? 'is used for commands and availability' : checkPublishTopic(name);
    if (problem === undefined) return undefined;
    return new DeviceError(ErrorCode.CONFIG, `property "${name}" has no topic of its own: its name ${problem}`);
  }

  private readonly onState = (snapshot: DeviceSnapshot): void => {
    if (this.isUndecided(snapshot)) return;
    const availability = availabilityOf(snapshot);
    if (availability === this.availability || !this.options.deviceTopic.isConnected) return;
    this.availability = availability;
    this.states.send(AVAILABILITY, availability, AVAILABILITY_OPTIONS);
  };

  /** What the broker has of the device before it holds until it is known what became of this one. */
  private isUndecided({ state }: DeviceSnapshot): boolean {
    this.isDecided ||= !this.options.deviceTopic.isSuccessor || (state !== 'idle' && state !== 'connecting');
    return !this.isDecided;
  }

  /** What the broker has may be out of date or gone, so it is told afresh. */
  private readonly onConnected = (): void => {
    this.availability = '';
    if (this.options.settings.availability) this.onState(this.options.device.snapshot());
    this.states.resume();
    this.outbox.resume();
    this.renewRetained();
  };

  /** A broker that was started anew may keep nothing any more: what does not change would never be there again. */
  private renewRetained(): void {
    const { settings, device, deviceTopic } = this.options;
    const isRenewed = this.wasConnected && deviceTopic.message.retained && settings.when === 'change';
    this.wasConnected = true;
    const snapshot = device.snapshot();
    if (!isRenewed || snapshot.lastSync === undefined) return;
    this.publishDocument(snapshot);
    if (settings.perProperty) for (const state of snapshot.properties) this.publishProperty(state);
  }

  private onTroubles(source: string, troubles: readonly DeviceError[]): void {
    if (this.closing !== undefined) return;
    this.troubles.set(source, troubles);
    const all = [...this.troubles.values()].flat();
    this.problems.report(
      'publish',
      all.map((error) => ({ error })),
    );
    this.events.emit('trouble', all[0]);
  }

  private report(source: string, error?: DeviceError): void {
    if (this.closing === undefined) this.problems.report(source, error === undefined ? [] : [{ error }]);
  }
}

const AVAILABILITY_OPTIONS: PublishOptions = { retained: true, plain: true, precedence: 'first' };

/** A value that nobody acknowledges is not worth a queue. */
const backlogOf = ({ settings, deviceTopic }: Pick<PublisherOptions, 'settings' | 'deviceTopic'>): Backlog =>
  settings.backlog ?? (deviceTopic.message.qos > 0 ? 'all' : 'latest');

const availabilityOf = ({ state }: DeviceSnapshot): 'online' | 'offline' =>
  state === 'healthy' || state === 'degraded' ? 'online' : 'offline';

/** Whether publishing at this suffix would be taken for a command, a command's result or an availability. */
const isOurs = (suffix: string): boolean =>
  suffix === 'set' || suffix.endsWith('/set') || suffix === 'set/result' || suffix === AVAILABILITY;

/** Problems are told as events; whoever listens writes them to the log. */
const nothing = (): void => undefined;
const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
