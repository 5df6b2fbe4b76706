import { Device } from '../../../src/device/engine/device.ts';
import type { SyncReport } from '../../../src/device/engine/reporting.ts';
import type { DeviceError } from '../../../src/base/errors.ts';
import type { AccessMode, Property } from '../../../src/device/property.ts';
import type { DeviceState } from '../../../src/base/device-state.ts';
import { fakePorts } from '../fakes/fake-clock.ts';
import { FakeDriver } from '../fakes/fake-driver.ts';

/** A declared property for tests; ReadWrite unless told otherwise. */
export function property(name: string, accessMode: AccessMode = 'ReadWrite', more: Partial<Property> = {}): Property {
  return { name, accessMode, type: 'int32', ...more };
}

export interface DeviceBenchOptions {
  readonly properties?: readonly Property[];
  readonly writeQueueDepth?: number;
  readonly notifications?: boolean;
  /** With `notifications`: the names that need no polling then. Default none. */
  readonly covered?: ReadonlySet<string>;
  readonly actions?: boolean;
  readonly random?: () => number;
  readonly maxRetryDelayMs?: number;
  /** Default 10 s. */
  readonly syncIntervalMs?: number;
}

/**
 * A device on a fake driver and a fake clock, and what it has told so far. It waits 2 s for answers.
 */
export function deviceBench(options: DeviceBenchOptions = {}) {
  const ports = fakePorts(options.random);
  const driver = new FakeDriver(ports.clock);
  if (options.notifications === true) driver.withNotifications(options.covered);
  if (options.actions === true) driver.withActions();
  if (options.maxRetryDelayMs !== undefined) driver.maxRetryDelayMs = options.maxRetryDelayMs;
  const properties = options.properties ?? [property('a'), property('b', 'ReadOnly')];
  const device = new Device({
    identity: { name: 'boiler', namespace: 'plant', uid: 'u-1', protocol: 'fake' },
    config: { properties, syncIntervalMs: options.syncIntervalMs ?? 10_000, timeoutMs: 2000 },
    driver,
    ports,
    ...(options.writeQueueDepth === undefined ? {} : { writeQueueDepth: options.writeQueueDepth }),
  });
  const states: DeviceState[] = [];
  const syncs: SyncReport[] = [];
  const problems: DeviceError[] = [];
  device.events.on('state', (snapshot) => states.push(snapshot.state));
  device.events.on('sync', (report) => syncs.push(report));
  device.events.on('problem', (problem) => problems.push(problem));
  return { device, driver, clock: ports.clock, log: ports.log, states, syncs, problems };
}

/** What a promise has come to by now: its value, its error, or `pending`. */
export function watch<T>(promise: Promise<T>): { outcome: () => unknown } {
  let outcome: unknown = 'pending';
  promise.then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error),
  );
  return { outcome: () => outcome };
}
