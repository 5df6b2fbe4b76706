import { randomBytes } from 'node:crypto';
import type { BrokerConnection } from '../../base/broker-connection';
import { valueJson } from '../../device/documents/property-json';
import type { Reading } from '../../device/driver';
import { Device } from '../../device/engine/device';
import type { DriverSurroundings } from '../../device/kind';
import type { Property } from '../../device/property';
import { DeviceError, toDeviceError } from '../../base/errors';
import type { Problem } from '../../base/fields/problems';
import { migrate } from '../../base/fields/migrations';
import { systemClock } from '../../base/ports';
import type { DeviceIdentity } from '../../base/identity';
import type { ErrorInfo } from '../../base/errors';
import { readPemFiles } from '../../net/pem-files';
import { withDeadline } from '../../base/deadline';
import { MAX_TIMER_MS } from '../../base/duration';
import { MqttExtension, parseExtension } from '../../mqtt/extension/extension';
import { EXTENSION_MIGRATIONS } from '../../mqtt/extension/migrations';
import type { DeviceTopic } from '../../mqtt/extension/device-topic';
import { silentPorts } from './answering';
import { CLOSE_DEADLINE_MS, settleWithin } from '../../base/settle-within';
import { directory } from '../common/directory';
import { configError, toFlowError } from '../common/flow-error';
import { readIdentity } from '../common/identity';
import { redact } from '../common/secrets';
import type { ProbeSubjects } from './probe-request';
import type { Subject } from './subject';

/** For a connection, and then for a read; the configured timeout if that is shorter. */
const STEP_MS = 10_000;

interface Outcome {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  readonly error?: ErrorInfo;
}

interface DeviceOutcome extends Outcome {
  readonly properties: readonly object[];
}

interface BrokerOutcome extends Outcome {
  readonly topic?: string;
}

/**
 * Connects and reads once, and connects to the broker, with configurations that nobody has saved. Nothing is written to the
 * device, nothing is published. Settles within 25 s with what came of it, in which no secret occurs.
 */
export async function runProbe(subjects: ProbeSubjects, userDirectory: string): Promise<object> {
  const { device, extension } = subjects;
  const started = Date.now();
  const identity = identityOf(device);
  const broker = extension === undefined ? undefined : await createBroker(extension, identity);
  const surroundings = {
    ...silentPorts,
    userDirectory,
    openConnection: () => promised(() => connectionOf(broker, identity)),
  };
  const [tried, mqtt] = await Promise.all([
    device === undefined ? undefined : probeDevice(device, identity, surroundings),
    broker === undefined ? undefined : probeBroker(broker, identity, device),
  ]).finally(() => broker?.close());
  const outcome = tried ?? mqtt ?? { ok: false, problems: [] };
  const reply = {
    ...outcome,
    ok: outcome.ok && (mqtt?.ok ?? true),
    elapsedMs: Date.now() - started,
    ...(tried === undefined || mqtt === undefined ? {} : { mqtt }),
  };
  return redact(
    reply,
    [device, extension].flatMap((subject) => subject?.hidden ?? []),
  );
}

async function probeDevice(
  subject: Subject,
  identity: DeviceIdentity,
  surroundings: DriverSurroundings,
): Promise<DeviceOutcome> {
  const kind = directory.kind(subject.type);
  const parsed = kind?.parse(subject.config, subject.credentials);
  const problems = [...subject.problems, ...(parsed?.ok === false ? parsed.problems : [])];
  if (kind === undefined || parsed?.ok !== true || problems.length > 0) return { ok: false, problems, properties: [] };
  const config = {
    ...parsed.value,
    timeoutMs: Math.min(parsed.value.timeoutMs, STEP_MS),
    syncIntervalMs: MAX_TIMER_MS,
    properties: parsed.value.properties.map(withoutDesiredValue),
  };
  const driver = kind.createDriver(config, surroundings);
  const device = new Device({ identity, config, driver, ports: silentPorts });
  try {
    await within('the device did not connect', device.connect());
    const readings = await within('the device did not answer', device.read());
    const properties = readings.map((reading) =>
      describeReading(
        reading,
        config.properties.find(({ name }) => name === reading.name),
      ),
    );
    return { ok: readings.every(({ quality }) => quality !== 'bad'), problems, properties };
  } catch (error) {
    return { ok: false, problems, error: told(error), properties: [] };
  } finally {
    await settleWithin(CLOSE_DEADLINE_MS, [device.close()]);
    device.events.removeAllListeners();
  }
}

/** The desired value of a property is written on connect: a test must change nothing. */
function withoutDesiredValue<P extends { readonly value?: unknown }>(property: P): P {
  const copy = { ...property };
  Reflect.deleteProperty(copy, 'value');
  return copy;
}

/** The extension of a request, for what is to be tried with it. */
interface ProbedBroker {
  /** Absent where there are problems. */
  readonly extension?: MqttExtension;
  readonly problems: readonly Problem[];
  close(): Promise<void>;
}

/** Certificates of another node are not for a request that may name any address. */
const NOT_TESTED: Problem = { field: 'tls', message: 'is not used by a test: deploy, and look at the badge' };

async function createBroker(subject: Subject, identity: DeviceIdentity): Promise<ProbedBroker> {
  const environment = {
    readFile: await readPemFiles(subject.files),
    extensionId: subject.id,
    extensionUid: identity.uid,
  };
  const asSaved = parseExtension({ ...subject.config }, { ...subject.credentials }, environment);
  const parsed = parseExtension(forProbe(subject.config), { ...subject.credentials }, environment);
  const { tls } = subject.config;
  const ofTls = tls === undefined || tls === '' ? [] : [NOT_TESTED];
  const problems = [...subject.problems, ...(asSaved.ok ? [] : asSaved.problems), ...ofTls];
  if (!parsed.ok || problems.length > 0) return { problems, close: () => Promise.resolve() };
  const extension = new MqttExtension(parsed.value, silentPorts);
  return {
    extension,
    problems,
    async close() {
      await settleWithin(CLOSE_DEADLINE_MS, [extension.close()]);
      extension.events.removeAllListeners();
    },
  };
}

/** What `make` answers or throws, as a promise. */
const promised = <T>(make: () => T): Promise<T> => new Promise((resolve) => resolve(make()));

/** @throws DeviceError CONFIG */
function connectionOf(broker: ProbedBroker | undefined, identity: DeviceIdentity): BrokerConnection {
  if (broker === undefined) throw new DeviceError('CONFIG', 'mqtt: this device needs an MQTT extension');
  if (broker.extension === undefined) throw configError(broker.problems);
  return broker.extension.openConnection({ clientId: `dltest-${identity.uid}`, label: identity.name });
}

async function probeBroker(
  { extension, problems }: ProbedBroker,
  identity: DeviceIdentity,
  device?: Subject,
): Promise<BrokerOutcome> {
  if (extension === undefined) return { ok: false, problems };
  try {
    const message = device?.config['message'] ?? (device === undefined ? { topic: { name: 'devicelink/test' } } : {});
    const deviceTopic = extension.attach({ device: identity, message: message as Record<string, unknown> });
    await within('the broker did not answer', connected(deviceTopic));
    return { ok: true, problems, topic: deviceTopic.topic };
  } catch (error) {
    return { ok: false, problems, error: told(error) };
  }
}

/** A client id of its own, or the broker would cut off the deployed connection; no will, which would be published; nothing is kept. */
export function forProbe(given: Subject['config']): Record<string, unknown> {
  const { config } = migrate(given, EXTENSION_MIGRATIONS);
  const client = { ...(config['client'] as object | undefined) };
  Reflect.deleteProperty(client, 'will');
  const clientID = `dltest-${randomBytes(4).toString('hex')}`;
  const store = { type: 'memory' };
  return { ...config, client: { ...client, clientID, store, cleanSession: true, autoReconnect: false } };
}

function connected(deviceTopic: DeviceTopic): Promise<void> {
  if (deviceTopic.isConnected) return Promise.resolve();
  return new Promise((resolve, reject) => {
    deviceTopic.events.once('connected', resolve);
    deviceTopic.events.once('disconnected', reject);
  });
}

function within<T>(message: string, work: Promise<T>): Promise<T> {
  return withDeadline(
    { clock: systemClock, ms: STEP_MS, message: `${message} within ${STEP_MS / 1000} s` },
    () => work,
  );
}

function identityOf(device: Subject | undefined): DeviceIdentity {
  const id = device?.id === undefined || device.id === '' ? 'test' : device.id;
  const identity = readIdentity(device?.config ?? {}, { id }, directory.kind(device?.type ?? '')?.protocol ?? 'mqtt');
  return identity.ok ? identity.value : { name: id, namespace: 'default', uid: id, protocol: '' };
}

function describeReading(reading: Reading, property: Property | undefined): object {
  const { name, quality, error } = reading;
  const { type, unit } = property ?? {};
  return {
    ...(type === undefined ? {} : { type }),
    ...(unit === undefined ? {} : { unit }),
    name,
    value: valueJson({ ...reading, type: type ?? reading.type }),
    quality,
    ...(error === undefined ? {} : { error: told(error) }),
  };
}

function told(error: unknown): ErrorInfo {
  const { code, message } = toFlowError(error instanceof DeviceError ? error : toDeviceError(error, 'INTERNAL'));
  return { code, message };
}
