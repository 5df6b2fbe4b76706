import { createRequire } from 'node:module';
import helper from 'node-red-node-test-helper';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { dummyKind } from '../../../src/drivers/dummy/index.ts';
import { modbusKind } from '../../../src/drivers/modbus/index.ts';
import type { DeviceConfig, DeviceKind } from '../../../src/device/kind.ts';
import { deviceRuntime } from '../../../src/node-red/device/device-node.ts';
import { runExtension } from '../../../src/node-red/mqtt/extension-node.ts';
import { registerType } from '../../../src/node-red/registration/register-type.ts';
import { actingKind } from '../fakes/acting-kind.ts';

const require = createRequire(import.meta.url);
type Initializer = (RED: NodeAPI) => void;

/** As far as tests look at it; what a flow itself put in is unknown. */
export interface Message {
  _msgid?: string;
  topic?: string;
  payload?: unknown;
  changed?: string[];
  device?: Record<string, string>;
  status?: Record<string, unknown> & { state: string; source: { id: string }; properties: Record<string, unknown>[] };
  error?: { code: string; message: string; cause?: unknown; source: Record<string, unknown> };
  [member: string]: unknown;
}

/** The published types lack that these answer promises. */
const server = helper as unknown as { startServer(): Promise<void>; stopServer(): Promise<void> };
type FlowNode = Record<string, unknown>;

const received = new Map<string, Message[]>();

/** A node that keeps every message, from the very first one of a deploy on. */
function collector(RED: NodeAPI): void {
  RED.nodes.registerType('collector', function (this: Node, definition: NodeDef) {
    RED.nodes.createNode(this, definition);
    this.on('input', (msg, _send, done) => {
      messages(definition.id).push(msg as Message);
      done();
    });
  });
}

/** What reached the collector of this id, in order. */
export function messages(id: string): Message[] {
  const list = received.get(id) ?? [];
  received.set(id, list);
  return list;
}

/** The credentials of a node type, as the build registers them. */
export function credentialsOf(type: string): NonNullable<Parameters<typeof registerType>[1]['credentials']> {
  const definition = require(`../../../nodes/${type}/definition.json`) as {
    readonly credentials: ReturnType<typeof credentialsOf>;
  };
  return definition.credentials;
}

/** Registers a kind of device, loaded already; for `beside`. */
export const registering =
  <C extends DeviceConfig>(type: string, kind: DeviceKind<C['properties'][number], C>): Initializer =>
  (RED) =>
    registerType(RED, { type, load: () => deviceRuntime(kind) });

const NODES: Initializer[] = [
  collector,
  (RED) =>
    registerType(RED, {
      type: 'mqtt-extension',
      credentials: credentialsOf('mqtt-extension'),
      load: () => ({ run: runExtension }),
    }),
  registering('dummy-device', dummyKind),
  registering('modbus-device', modbusKind),
  registering('acting-device', actingKind),
];

/** Adds to what the package registers at each deploy: for endpoints that belong to one node type. Call it before `useNodeRed`. */
export function beside(initializer: Initializer): void {
  NODES.push(initializer);
}

/**
 * Node-RED 5 in this process, for the tests of one file, with the sources of this package. Every flow `f` gets Catch,
 * Complete (of the node `device`) and Status nodes, whose messages are `messages('caught' | 'completed' | 'states')`;
 * what a node sends to `out` is `messages('out')`.
 */
export function useNodeRed(): void {
  beforeAll(async () => {
    helper.init(require.resolve('node-red'));
    await server.startServer();
  });
  afterEach(async () => {
    await helper.unload();
    received.clear();
  });
  afterAll(async () => {
    await server.stopServer();
  });
}

const FRAME: FlowNode[] = [
  { id: 'f', type: 'tab' },
  { id: 'catch', type: 'catch', z: 'f', scope: null, uncaught: false, wires: [['caught']] },
  { id: 'complete', type: 'complete', z: 'f', scope: ['device'], wires: [['completed']] },
  { id: 'status', type: 'status', z: 'f', scope: null, wires: [['states']] },
  ...['caught', 'completed', 'states', 'out'].map((id) => ({ id, type: 'collector', z: 'f', wires: [] })),
];

/** Deploys these nodes beside the frame; credentials by node id. */
export async function deploy(nodes: FlowNode[], credentials: Record<string, object> = {}): Promise<void> {
  await helper.load(NODES, onCanvas([...FRAME, ...nodes]) as never, credentials);
}

/** Deploys again, as the editor's *Deploy* does, without a new Node-RED. */
export async function redeploy(nodes: FlowNode[], type: 'full' | 'flows' | 'nodes' = 'full'): Promise<void> {
  await helper.setFlows(onCanvas([...FRAME, ...nodes]) as never, type);
}

/** Node-RED takes a node without a place for a config node. */
function onCanvas(nodes: FlowNode[]): FlowNode[] {
  return nodes.map((node) => (node['z'] === undefined ? node : { x: 100, y: 100, wires: [], ...node }));
}

/** Gives a message to a node. */
export function send(id: string, msg: Message): void {
  helper.getNode(id).receive(msg);
}

/** Waits for the n-th message (from 0) of a collector. */
export async function message(id: string, index = 0): Promise<Message> {
  await vi.waitFor(
    () => {
      if (messages(id).length <= index) throw new Error(`${id} got ${messages(id).length} messages`);
    },
    { timeout: 5000, interval: 5 },
  );
  return messages(id)[index]!;
}

/** Waits until a collector holds a message for which `matches` answers true. */
export async function messageWhere(id: string, matches: (msg: Message) => boolean): Promise<Message> {
  return vi.waitFor(
    () => {
      const found = messages(id).find(matches);
      if (found === undefined) throw new Error(`${id} got ${JSON.stringify(messages(id)).slice(0, 2000)}`);
      return found;
    },
    { timeout: 5000, interval: 5 },
  );
}

/** The error of the n-th message (from 0) of a collector. */
export async function errorOf(id: string, index = 0): Promise<NonNullable<Message['error']>> {
  return (await message(id, index)).error!;
}

/** The status of the message that `messageWhere` finds. */
export async function statusWhere(
  id: string,
  matches: (msg: Message) => boolean,
): Promise<NonNullable<Message['status']>> {
  return (await messageWhere(id, matches)).status!;
}

/** The admin API of this Node-RED. */
export const admin = () => helper.request();

/** Everything Node-RED logged since the flows were deployed, as one text. */
export function logged(): string {
  return JSON.stringify(helper.log().args, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** The warnings that nodes logged since the flows were deployed, in order. */
export function warned(): string[] {
  const WARN = 30;
  const entries = helper.log().args.flat() as { level?: number; id?: string; msg?: unknown }[];
  return entries.filter(({ level, id }) => level === WARN && id !== undefined).map(({ msg }) => String(msg));
}

/** A robot with constant values: `a` number, `b` big, `c` read-only text; syncs only once unless told otherwise. */
export function robot(more: FlowNode = {}): FlowNode {
  return {
    id: 'device',
    type: 'dummy-device',
    z: 'f',
    name: 'robot-1',
    kind: 'protocol',
    parameters: { syncInterval: '1h', timeout: '1s' },
    properties: [
      { name: 'a', type: 'int16', unit: 'mm', signal: { shape: 'constant', value: 7 } },
      { name: 'b', type: 'int64', signal: { shape: 'constant', value: '9007199254740993' } },
      { name: 'c', type: 'string', accessMode: 'ReadOnly', signal: { shape: 'constant', value: 'ready' } },
    ],
    wires: [['out']],
    ...more,
  };
}
