import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Express } from 'express';
import type { NodeAPI } from 'node-red';
import { afterAll, beforeAll } from 'vitest';
import { runAe } from '../../../src/node-red/onem2m/ae-node.ts';
import { registerType } from '../../../src/node-red/registration/register-type.ts';
import { InProcessBroker } from '../mqtt/in-process-broker.ts';
import { beside, credentialsOf, messages, messageWhere, type Message } from '../node-red/node-red-helper.ts';
import { startCse, type CseOptions, type StandInCse } from './stand-in-cse.ts';

export const userDir = mkdtempSync(join(tmpdir(), 'devicelink-ae-'));

/** Node-RED's server for nodes, which its test helper lacks. */
export interface NodeServer {
  readonly httpPort: number;
}

/** Node-RED has the node `onem2m-ae`, and serves HTTP for it. Call it before `useNodeRed`. */
export function useAeNode(): NodeServer {
  let httpNode: Express | undefined;
  let server: Server;
  const running = { httpPort: 0 };
  beside((RED) => {
    httpNode = RED.httpNode;
    const settings = { ...RED.settings, userDir };
    const shown = { address: () => ({ port: running.httpPort }) };
    const api = Object.create(RED, { settings: { value: settings }, server: { value: shown } }) as NodeAPI;
    registerType(api, { type: 'onem2m-ae', credentials: credentialsOf('onem2m-ae'), load: () => ({ run: runAe }) });
  });
  beforeAll(async () => {
    server = createServer((request, response) => void httpNode?.(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    running.httpPort = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(userDir, { recursive: true, force: true });
  });
  return running;
}

/** A broker, a CSE on it, and Node-RED with the node `onem2m-ae` for the tests of one file. */
export interface Onem2mBench {
  readonly broker: InProcessBroker;
  readonly cse: StandInCse;
  readonly server: NodeServer;
}

/** Call it before `useNodeRed`. `password`: what the broker asks of everyone; the CSE knows it. */
export function useOnem2m(options: Partial<CseOptions> = {}, password?: string): Onem2mBench {
  const bench = { server: useAeNode() } as { broker: InProcessBroker; cse: StandInCse; server: NodeServer };
  beforeAll(async () => {
    bench.broker = await InProcessBroker.start(password === undefined ? {} : { password });
    const login = password === undefined ? '' : `cse:${password}@`;
    const brokerUrl = `mqtt://${login}127.0.0.1:${bench.broker.port}`;
    bench.cse = await startCse({ id: '/in-cse-1', http: {}, ...options, brokerUrl });
  });
  afterAll(async () => {
    await bench.cse.stop();
    await bench.broker.stop();
  });
  return bench;
}

type FlowNode = Record<string, unknown>;

/** The node `device`, an AE at the bench's CSE over MQTT: output 1 to `out`, 2 to `notes`, 3 to `life`. */
export function aeNode({ broker }: { readonly broker: { readonly url: string } }, more: FlowNode = {}): FlowNode[] {
  const collectors = ['notes', 'life'].map((id) => ({ id, type: 'collector', z: 'f', wires: [] }));
  return [
    ...collectors,
    {
      id: 'device',
      type: 'onem2m-ae',
      z: 'f',
      name: 'sensor-ae',
      endpoint: `${broker.url}#in-cse-1`,
      cse: { base: 'onem2m' },
      ae: { name: 'MYAPP', appID: 'NmyApp', originator: 'Cmyapp' },
      timeout: '5s',
      wires: [['out'], ['notes'], ['life']],
      ...more,
    },
  ];
}

/** Waits for a life-cycle event on output 3. */
export function lifeEvent(event: string): Promise<Message> {
  return messageWhere('life', (msg) => infoOf(msg)['event'] === event);
}

export const infoOf = (msg: Message): Record<string, unknown> => msg['onem2m'] as Record<string, unknown>;

export const eventsSeen = (): unknown[] => messages('life').map((msg) => infoOf(msg)['event']);
