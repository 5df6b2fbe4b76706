import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { memberOf } from '../../../base/records';
import { unwrap } from '../../resource/resource-types';
import type { DevicesConfig, ResourceSpec } from '../model/config';
import type { AeMessage, AeNotification, AeResult } from '../model/messages';
import type { DeviceReport, ReportedProperty } from './device-report';
import {
  attributesOf,
  commandsResource,
  devicePaths,
  deviceResource,
  propertyResource,
  rootResources,
  type DevicePaths,
} from './device-resources';
import { Gate } from './gate';
import { jsonByType } from '../../../base/values/index';

/** What the mirror asks of the AE (application-entity.ts). */
export interface MirrorAe {
  perform(message: AeMessage): Promise<AeResult>;
  ensure(resources: readonly ResourceSpec[]): Promise<void>;
  watch(target: string, handler: (notification: AeNotification) => void | Promise<void>): Promise<() => Promise<void>>;
}

/** A device that can be reached from here, to write to it. */
export interface ReachableDevice {
  /** Names of the properties that may be written. */
  readonly writable: readonly string[];
  /** Rejects with why the device refused. */
  write(values: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface MirrorOptions {
  readonly ae: MirrorAe;
  readonly config: DevicesConfig;
  /** Name of the CSEBase. */
  readonly base: string;
  /** The deployed device of this uid, if there is one. */
  readonly findDevice: (uid: string) => ReachableDevice | undefined;
}

/** What became of one property's value: the status code, or why it did not get there. */
export type PropertyOutcome =
  { readonly name: string; readonly result: AeResult } | { readonly name: string; readonly error: DeviceError };

export interface MirrorOutcome {
  /** Below the AE. */
  readonly path: string;
  readonly properties: readonly PropertyOutcome[];
}

/** A content of a command container, and what became of it. */
export interface CommandOutcome {
  readonly device: string;
  readonly uid: string;
  readonly property: string;
  readonly value: unknown;
  /** The command container. */
  readonly topic: string;
  readonly error?: DeviceError;
}

interface FetchedCommand {
  readonly value: unknown;
  readonly id: string | undefined;
  readonly isNew: boolean;
}

interface MirroredDevice {
  readonly uid: string;
  readonly paths: DevicePaths;
  /** Paths of resources that exist by now. */
  readonly ensured: Set<string>;
  /** Properties whose latest known value is at the CSE. */
  readonly told: Set<string>;
  /** Properties whose command containers are watched, or are about to be. */
  readonly watched: Set<string>;
  /** The command of each property that was carried out last, by its resource id. */
  readonly carriedOut: Map<string, string>;
  /** Settles when the commands so far of each property have been fetched: they keep their order. */
  readonly fetching: Map<string, Promise<unknown>>;
  /** Settles when the messages so far are through: values of one property keep their order. */
  tail: Promise<unknown>;
  waiting: number;
}

/** Requests of all devices that are under way at once. */
const MOST_IN_FLIGHT = 8;
const NOT_FOUND = 'ONEM2M_4004';
/** Messages of one device that may wait for the CSE. */
const MOST_WAITING = 100;

/**
 * Keeps the oneM2M resources of devices in step with the messages of their nodes, and lets contents of command containers be
 * written to them. It cannot go round in a circle: what is written comes back as a value, and values never go to a command container.
 */
export class DeviceMirror {
  readonly events = new EventEmitter<{ command: [CommandOutcome] }>();
  private readonly devices = new Map<string, MirroredDevice>();
  private readonly gate = new Gate(MOST_IN_FLIGHT);
  private isClosed = false;

  constructor(private readonly options: MirrorOptions) {}

  /**
   * Brings what a message tells to the CSE: all properties the first time, then those that changed, and again those that did not
   * get there. Rejects when nothing could be tried: CONFIG (another device has the name), QUEUE_FULL, CLOSED, or what the CSE
   * answered when the resources were to be created.
   */
  async mirror(report: DeviceReport): Promise<MirrorOutcome> {
    if (this.isClosed) throw closedError();
    const device = this.enter(report);
    if (device.waiting >= MOST_WAITING) {
      const text = `${MOST_WAITING} messages of the device "${report.name}" wait for the CSE already; this one was left out`;
      throw new DeviceError(ErrorCode.QUEUE_FULL, text, { advice: 'let the device send less often, or only changes' });
    }
    device.waiting += 1;
    const done = device.tail.then(() => this.bring(device, report)).finally(() => (device.waiting -= 1));
    device.tail = done.catch(() => undefined);
    return done;
  }

  /** Nothing more is sent or written. What is under way ends with the AE. */
  close(): void {
    this.isClosed = true;
    this.devices.clear();
  }

  private enter(report: DeviceReport): MirroredDevice {
    const paths = devicePaths(this.options.config, this.options.base, report);
    const known = this.devices.get(paths.device);
    if (known?.uid === report.uid) return known;
    if (known !== undefined && this.options.findDevice(known.uid) !== undefined) {
      const text = `another device is called "${report.name}" too: both would be mirrored to ${paths.device}`;
      throw new DeviceError(ErrorCode.CONFIG, text, { advice: 'give one of them another name' });
    }
    const device: MirroredDevice = {
      uid: report.uid,
      paths,
      ensured: new Set(),
      told: new Set(),
      watched: new Set(),
      carriedOut: new Map(),
      fetching: new Map(),
      tail: Promise.resolve(),
      waiting: 0,
    };
    this.devices.set(paths.device, device);
    return device;
  }

  private async bring(device: MirroredDevice, report: DeviceReport): Promise<MirrorOutcome> {
    if (this.isClosed) throw closedError();
    const { config } = this.options;
    const isFlex = config.mapping === 'flexContainer';
    const due = report.properties.filter(
      ({ name, isGood, hasChanged }) => isGood && (hasChanged || !device.told.has(name)),
    );
    const values = report.properties.filter(({ isGood }) => isGood);
    await this.ensure(device, [
      ...rootResources(config),
      deviceResource(config, device.paths, report, isFlex ? attributesOf(config, values) : {}),
      ...(isFlex ? [] : report.properties.map((property) => propertyResource(config, device.paths, property))),
    ]);
    if (config.commands) await this.watchCommands(device, report);
    const properties = isFlex ? await this.update(device, due) : await this.push(device, due);
    for (const outcome of properties) {
      if ('error' in outcome) device.told.delete(outcome.name);
      else device.told.add(outcome.name);
      // Somebody has deleted a resource: all are looked after again with the next message.
      if ('error' in outcome && outcome.error.code === NOT_FOUND) device.ensured.clear();
    }
    return { path: device.paths.device, properties };
  }

  /** Creates what is not known to exist. The AE remembers it and creates it again should the CSE forget it. */
  private async ensure(device: MirroredDevice, resources: readonly ResourceSpec[]): Promise<void> {
    const missing = resources.filter(({ path }) => !device.ensured.has(path));
    if (missing.length === 0) return;
    await this.gate.run(() => this.options.ae.ensure(missing));
    for (const { path } of missing) device.ensured.add(path);
  }

  private push(device: MirroredDevice, properties: readonly ReportedProperty[]): Promise<PropertyOutcome[]> {
    const pushes = properties.map((property) =>
      this.outcome(property.name, {
        operation: 'push',
        topic: device.paths.property(property.name),
        payload: contentOf(property),
      }),
    );
    return Promise.all(pushes);
  }

  /** All changes in one UPDATE, so that a reader never sees half of them. */
  private async update(
    device: MirroredDevice,
    properties: readonly ReportedProperty[],
  ): Promise<readonly PropertyOutcome[]> {
    const { config } = this.options;
    const mapped = properties.filter((property) => Object.keys(attributesOf(config, [property])).length > 0);
    if (mapped.length === 0) return [];
    const pc = { [config.flexContainer.wrapper]: attributesOf(config, mapped) };
    const one = await this.outcome('', { operation: 'update', topic: device.paths.device, onem2m: { pc } });
    return mapped.map(({ name }) => ({ ...one, name }));
  }

  private async outcome(name: string, message: AeMessage): Promise<PropertyOutcome> {
    try {
      return { name, result: await this.gate.run(() => this.options.ae.perform(message)) };
    } catch (error) {
      return { name, error: toDeviceError(error, 'INTERNAL') };
    }
  }

  private async watchCommands(device: MirroredDevice, report: DeviceReport): Promise<void> {
    const writable = this.options.findDevice(report.uid)?.writable ?? [];
    const fresh = report.properties.filter(({ name }) => writable.includes(name) && !device.watched.has(name));
    await Promise.all(fresh.map((property) => this.watchProperty(device, report, property)));
  }

  private async watchProperty(device: MirroredDevice, report: DeviceReport, property: ReportedProperty): Promise<void> {
    const { ae, config } = this.options;
    const { paths } = device;
    const { name } = property;
    device.watched.add(name);
    try {
      await this.ensure(device, [propertyResource(config, paths, property), commandsResource(config, paths, name)]);
      const heard = (notification: AeNotification) => this.command(device, report.name, name, notification);
      await this.gate.run(() => ae.watch(paths.commands(name), heard));
    } catch {
      // The AE tells what is wrong, and goes on trying. Values are mirrored all the same.
      device.watched.delete(name);
    }
  }

  /**
   * Writes what was put into a command container. The notification only says that there is something: anybody might have sent it, so
   * what is written is what the CSE answers, which has seen to it that whoever put it there may do so.
   */
  private async command(
    device: MirroredDevice,
    name: string,
    property: string,
    notification: AeNotification,
  ): Promise<void> {
    const { payload, onem2m } = notification;
    if (this.isClosed || payload === undefined || !isNewContent(onem2m.event, onem2m.representation)) return;
    const { uid, paths } = device;
    let told: CommandOutcome = { device: name, uid, property, value: payload, topic: paths.commands(property) };
    try {
      const found = await this.fetchCommand(device, property);
      if (!this.devices.has(paths.device)) return; // closed meanwhile
      told = { ...told, value: found.value };
      if (!found.isNew) {
        const id = idOf(onem2m.representation);
        if (id === undefined || id === found.id) return;
        throw overtakenError();
      }
      const target = this.options.findDevice(device.uid);
      if (target === undefined) throw goneError(name);
      await target.write({ [property]: found.value });
      this.events.emit('command', told);
    } catch (error) {
      this.events.emit('command', { ...told, error: toDeviceError(error, 'INTERNAL') });
    }
  }

  /** The latest command, as the CSE has it; not new where it has been fetched before. */
  private fetchCommand(device: MirroredDevice, property: string): Promise<FetchedCommand> {
    const fetch = async (): Promise<FetchedCommand> => {
      const message = { operation: 'latest', topic: device.paths.commands(property) };
      const { payload, onem2m } = await this.gate.run(() => this.options.ae.perform(message));
      const id = idOf(memberOf(onem2m.raw, 'pc'));
      const isNew = id === undefined || device.carriedOut.get(property) !== id;
      if (id !== undefined) device.carriedOut.set(property, id);
      return { value: payload, id, isNew };
    };
    const fetched = (device.fetching.get(property) ?? Promise.resolve()).then(fetch);
    device.fetching.set(
      property,
      fetched.catch(() => undefined),
    );
    return fetched;
  }
}

/**
 * What is pushed into a property's container. A 64-bit integer is text whatever its value: who reads the container must not
 * meet a counter as number today and as text once it has passed 2^53. Operations make another number of it, of no type.
 */
function contentOf({ type, value, isOperated }: ReportedProperty): unknown {
  return isOperated === true ? value : jsonByType(value, type);
}

/** Deletions of the subscription, and the creation of anything but a contentInstance, are no commands. */
function isNewContent(event: string, representation: unknown): boolean {
  if (event !== 'createChild' && event !== 'unknown') return false;
  const wrapper = unwrap(representation)?.wrapper;
  if (wrapper !== undefined) return wrapper === 'm2m:cin' || wrapper === 'm2m:uri';
  if (typeof representation !== 'object' || representation === null) return true;
  return !('ty' in representation) || Number(representation.ty) === 4;
}

/** The resource id of a contentInstance, with its wrapper or without. */
function idOf(instance: unknown): string | undefined {
  const ri = memberOf(unwrap(instance)?.representation ?? instance, 'ri');
  return typeof ri === 'string' && ri !== '' ? ri : undefined;
}

const closedError = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the application entity is closed');

function overtakenError(): DeviceError {
  const text = 'a newer command came before this one could be fetched; it was not carried out';
  return new DeviceError(ErrorCode.REPLACED, text);
}

function goneError(name: string): DeviceError {
  const text = `the device "${name}" is not deployed any more; the command was not carried out`;
  return new DeviceError(ErrorCode.LINK_LOST, text);
}
