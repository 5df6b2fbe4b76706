import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { toDeviceError } from '../../../src/base/errors.ts';
import type { ProfileName } from '../../../src/onem2m/binding/profile.ts';
import { AdminClient } from './acme/admin.ts';
import { freePort } from '../system/free-port.ts';
import { InProcessBroker } from '../mqtt/in-process-broker.ts';
import { comparable } from './onem2m-comparable.ts';
import { NAMES, PROPERTIES, SCENARIO, type Stage, type Step } from './onem2m-scenario.ts';
import { TestAe } from './onem2m-ae.ts';
import { startCse, type StandInCse } from './stand-in-cse.ts';

/** A way for an AE to speak with a CSE: the flow properties that differ. */
export interface Transport {
  readonly name: string;
  readonly properties: (place: Place) => Readonly<Record<string, unknown>> & { readonly endpoint: string };
}

/** Where the AE finds its CSE, and where it may listen. */
interface Place {
  readonly mqtt: string;
  readonly http: string;
  readonly websocket: string;
  readonly listener: string;
}

async function placeOf(cse: StandInCse, brokerUrl: string): Promise<Place> {
  return {
    mqtt: `${brokerUrl}#${cse.id.slice(1)}`,
    http: cse.httpUrl ?? '',
    websocket: cse.websocketUrl ?? '',
    listener: `http://127.0.0.1:${await freePort()}/notify`,
  };
}

export const TRANSPORTS: readonly [Transport, ...Transport[]] = [
  { name: 'MQTT JSON', properties: ({ mqtt }) => ({ endpoint: mqtt }) },
  { name: 'MQTT CBOR', properties: ({ mqtt }) => ({ endpoint: mqtt, serialization: 'cbor' }) },
  { name: 'HTTP JSON', properties: ({ http, listener }) => ({ endpoint: http, notify: listener }) },
  {
    name: 'HTTP CBOR',
    properties: ({ http, listener }) => ({ endpoint: http, notify: listener, serialization: 'cbor' }),
  },
  { name: 'WebSocket JSON', properties: ({ websocket }) => ({ endpoint: websocket, binding: 'websocket' }) },
  {
    name: 'WebSocket CBOR',
    properties: ({ websocket }) => ({ endpoint: websocket, binding: 'websocket', serialization: 'cbor' }),
  },
  { name: 'HTTP with a polling channel', properties: ({ http }) => ({ endpoint: http, notify: 'poll' }) },
  { name: 'MQTT with a polling channel', properties: ({ mqtt }) => ({ endpoint: mqtt, notify: 'poll' }) },
  { name: 'HTTP, notified by MQTT', properties: ({ http, mqtt }) => ({ endpoint: http, notify: mqtt }) },
  { name: 'MQTT, notified by HTTP', properties: ({ mqtt, listener }) => ({ endpoint: mqtt, notify: listener }) },
];

/** How long what belongs to a step may take to come, ms. */
const COMES_WITHIN_MS = 10_000;

/** All that a flow sees of an error. */
interface RecordedError {
  readonly code: string;
  readonly message: string;
  readonly advice?: string;
}

/** What a flow sees of one step. */
export interface Recorded {
  readonly step: string;
  /** The code of the error that is expected. */
  readonly fails?: string;
  readonly result?: unknown;
  readonly error?: RecordedError;
  readonly notifications: readonly unknown[];
  readonly events: readonly unknown[];
  readonly problems: readonly RecordedError[];
}

/**
 * Runs the scenario with an AE that speaks over `transport` to a CSE of its own, on a broker of its own. Answers all that a flow
 * sees of it, made comparable with that of another run. Rejects where something that belongs to a step does not come.
 */
export async function record(transport: Transport, flavour: ProfileName = 'generic'): Promise<readonly Recorded[]> {
  const { base } = NAMES;
  const broker = await InProcessBroker.start();
  const cse = await startCse({ id: '/in-cse-1', base, flavour, brokerUrl: broker.url, http: {}, websocket: {} });
  const place = await placeOf(cse, broker.url);
  const shared = { cse: { id: cse.id, base, profile: flavour } };
  const other = TestAe.create({
    name: NAMES.other,
    ae: { originator: 'Cother' },
    properties: { ...shared, endpoint: place.mqtt, registration: { check: '0s' } },
  });
  const properties = { ...shared, ...PROPERTIES, ...transport.properties(place) };
  const ae = TestAe.create({ name: NAMES.ae, properties });
  const admin = new AdminClient(cse.httpUrl ?? '');
  const recorder = new Recorder({ cse, ae, other, admin, whenHealthy: () => whenHealthy(ae) });
  try {
    other.entity.start();
    await whenHealthy(other);
    await recorder.take({ name: 'start', act: ({ ae: { entity } }) => entity.start(), events: 2 });
    await recorder.take({ name: 'begin', act: ({ whenHealthy: begun }) => begun() });
    for (const step of SCENARIO) await recorder.take(step);
    await recorder.take({ name: 'close', act: () => ae.close() });
    await recorder.take({ name: 'what is left', act: () => cse.resources().map(({ path }) => path) });
    await recorder.take({ name: 'faults of the CSE', act: () => cse.faults });
  } finally {
    await Promise.all([ae.close(), other.close()]);
    await cse.stop();
    await broker.stop();
  }
  return comparable(recorder.steps, ['given-by-the-flow']) as readonly Recorded[];
}

/** Registered, and nothing it wishes for is missing. */
async function whenHealthy({ entity }: TestAe): Promise<void> {
  const isHealthy = (): boolean => {
    const { state, lastError } = entity.snapshot();
    return state === 'healthy' && lastError === undefined;
  };
  await until(isHealthy, () => `healthy: ${JSON.stringify(entity.snapshot())}`);
}

/** @throws Error, with what was waited for */
async function until(isSo: () => boolean, what: () => string): Promise<void> {
  const end = Date.now() + COMES_WITHIN_MS;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`did not come in time: ${what()}`);
    await setTimeout(2);
  }
}

/** What an AE tells, step by step. */
class Recorder {
  readonly steps: Recorded[] = [];

  constructor(private readonly stage: Stage) {}

  async take({ name, message, act, fails, notifications = 0, events = 0 }: Step): Promise<void> {
    const { ae } = this.stage;
    const before = { notifications: ae.notifications.length, events: ae.life.length, problems: ae.problems.length };
    const outcome = await settled(() => (message === undefined ? act?.(this.stage) : ae.perform(message)));
    const told = (): Pick<Recorded, 'notifications' | 'events'> => ({
      notifications: ae.notifications.slice(before.notifications),
      events: ae.life.slice(before.events),
    });
    const isAll = (): boolean => told().notifications.length >= notifications && told().events.length >= events;
    await until(isAll, () => `${notifications} notifications and ${events} events of "${name}": ${shown(told())}`);
    // The channel is a resource that only who polls has: trouble with it is no trouble of the others.
    const problems = ae.problems.slice(before.problems).filter(({ message: text }) => !text.includes('pollingChannel'));
    const expected = fails === undefined ? {} : { fails };
    this.steps.push({ step: name, ...expected, ...outcome, ...told(), problems: problems.map(errorMembers) });
  }
}

const shown = (value: unknown): string => inspect(value, { depth: 10 });

async function settled(run: () => unknown): Promise<Pick<Recorded, 'result' | 'error'>> {
  try {
    const result = await run();
    return result === undefined ? {} : { result };
  } catch (error) {
    return { error: errorMembers(error) };
  }
}

function errorMembers(error: unknown): RecordedError {
  const { code, message, advice } = toDeviceError(error, 'UNEXPECTED');
  return { code, message, ...(advice === undefined ? {} : { advice }) };
}
