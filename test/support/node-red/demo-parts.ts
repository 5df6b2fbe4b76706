import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { FlowNode } from './node-red-process.ts';

/** The demo's parts are plain JavaScript, so their types stand here. */
export interface Addresses {
  readonly broker: string;
  readonly modbusEndpoint: string;
  readonly opcuaEndpoint: string;
  /** HTTP addresses of the backend and the gateway of oneM2M. */
  readonly inCse?: string;
  readonly mnCse?: string;
}

export interface Plant {
  /** Kelvin. */
  readonly temperature: number;
  readonly threshold: number;
  readonly alarm: boolean;
  readonly isRunning: boolean;
  /** One second passes. */
  step(): void;
}

export interface Watch {
  last(topic: string): string | undefined;
  stop(): Promise<void>;
}

export interface Machine {
  /** Degrees Celsius. */
  readonly temperature: number;
  setpoint: number;
  /** Revolutions a minute. */
  readonly speed: number;
  speedSetpoint: number;
  readonly state: number;
  /** Half a second passes. */
  step(): void;
  start(): boolean;
  stop(): boolean;
}

type OnMessage = (topic: string, payload: string) => void;

/** Retained messages come right behind the answer to the subscription. */
const RETAINED_MS = 100;

const ROOT = dirname(dirname(dirname(import.meta.dirname)));

async function load<T>(file: string): Promise<T> {
  const url = pathToFileURL(join(ROOT, 'scripts', 'demo', file)).href;
  return (await import(/* @vite-ignore */ url)) as T;
}

export async function startBroker(): Promise<{ url: string; stop(): Promise<void> }> {
  return (await load<{ startBroker: typeof startBroker }>('broker.mjs')).startBroker();
}

export async function makePlant(): Promise<Plant> {
  const { Plant } = await load<{ Plant: new () => Plant }>('plant.mjs');
  return new Plant();
}

/** The demo's plant behind its Modbus server. */
export async function startPlant(): Promise<{ plant: Plant; endpoint: string; stop(): Promise<void> }> {
  type Start = (plant: Plant) => Promise<{ endpoint: string; stop(): Promise<void> }>;
  const { startModbusServer } = await load<{ startModbusServer: Start }>('modbus-server.mjs');
  const plant = await makePlant();
  const server = await startModbusServer(plant);
  return { plant, ...server };
}

export async function makeMachine() {
  type Module = { Machine: new () => Machine; MachineState: Record<string, number>; HIGH_LIMIT: number };
  const { Machine, MachineState, HIGH_LIMIT } = await load<Module>('machine.mjs');
  return { machine: new Machine(), MachineState, HIGH_LIMIT };
}

/** The demo's machine behind its OPC UA server; `parent` is where the server makes its directory. */
export async function startMachineServer(
  machine: Machine,
  parent: string,
): Promise<{ endpoint: string; stop(): Promise<void> }> {
  type Start = (options: { machine: Machine; parent: string }) => ReturnType<typeof startMachineServer>;
  const { startOpcUaServer } = await load<{ startOpcUaServer: Start }>('opcua-server.mjs');
  return startOpcUaServer({ machine, parent });
}

export async function watchBroker(url: string, onMessage?: OnMessage): Promise<Watch> {
  return (await load<{ watchBroker: typeof watchBroker }>('watch.mjs')).watchBroker(url, onMessage);
}

/**
 * What a new subscriber gets for a topic at once, if there is anything. Those that are there already may miss a retained
 * message: aedes stores it first, and takes it for a duplicate when others have gone out meanwhile.
 */
export async function readRetained(brokerUrl: string, topic: string): Promise<string | undefined> {
  const watch = await watchBroker(brokerUrl);
  try {
    await setTimeout(RETAINED_MS);
    return watch.last(topic);
  } finally {
    await watch.stop();
  }
}

/** The demo's two CSEs, and their HTTP addresses. */
export async function startCses(brokerUrl: string): Promise<{ inCse: string; mnCse: string; stop(): Promise<void> }> {
  return (await load<{ startCses: typeof startCses }>('cses.mjs')).startCses(brokerUrl);
}

/** The text of an example with the given servers in place of the example addresses. */
export async function withAddresses(text: string, addresses: Addresses): Promise<string> {
  type Replace = (text: string, addresses: Addresses) => string;
  return (await load<{ withAddresses: Replace }>('user-directory.mjs')).withAddresses(text, addresses);
}

/** One example as the demo deploys it: with the given servers in place of the example addresses. */
export async function readExample(file: string, addresses: Addresses): Promise<FlowNode[]> {
  const text = await readFile(join(ROOT, 'examples', file), 'utf8');
  return JSON.parse(await withAddresses(text, addresses)) as FlowNode[];
}
