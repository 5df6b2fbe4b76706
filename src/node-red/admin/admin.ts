import type { Request, RequestHandler, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { integerToJson } from '../../base/values/index';
import { valueJson } from '../../device/documents/property-json';
import type { PropertyState } from '../../device/snapshot';
import { directory, type ListedDevice } from '../common/directory';
import { toFlowError } from '../common/flow-error';
import { isExtensionNode } from '../common/mqtt-users';
import { refusal } from '../common/refusal';
import { readProbeRequest } from './probe-request';
import { userDirectoryOf } from '../common/user-directory';
import { runProbe } from './probe';
import { findTopics, seenTopics } from './topics';

/** What answers the admin endpoints of all types. JSON in which no secret is. */
export function adminHandlers(RED: NodeAPI): Record<'devices' | 'extensionStatus' | 'topics' | 'test', RequestHandler> {
  return {
    devices: (_request, response) => {
      answerText(response, 200, `[${directory.devices().map(deviceAsJson).join(',')}]`);
    },
    extensionStatus: (request, response) => {
      const node: unknown = RED.nodes.getNode(String(request.params['id']));
      if (isExtensionNode(node)) answer(response, 200, node.observedStatus());
      else answer(response, 404, refusal('NOT_FOUND', 'no such mqtt-extension is deployed'));
    },
    topics: (request, response) => {
      answer(response, 200, { topics: findTopics(seenTopics(RED), request.query) });
    },
    test: (request, response) => {
      void handleProbe(RED, request).then(
        ({ status, body }) => answer(response, status, body),
        () => answer(response, 500, refusal('INTERNAL', 'the test could not be run')),
      );
    },
  };
}

/** Tests that may run at once: each opens connections. */
const MOST_PROBES = 4;
let runningProbes = 0;

async function handleProbe(RED: NodeAPI, request: Request): Promise<{ status: number; body: object }> {
  if (runningProbes >= MOST_PROBES)
    return { status: 429, body: refusal('BUSY', 'too many tests are running, try again') };
  runningProbes += 1;
  try {
    return { status: 200, body: await runProbe(readProbeRequest(RED, request), userDirectoryOf(RED)) };
  } catch (error) {
    const { code, message } = toFlowError(error);
    return { status: 400, body: refusal(code, message) };
  } finally {
    runningProbes -= 1;
  }
}

/** One entry of `GET /devicelink/devices`; what cannot be told of a device takes nothing from the others. */
function deviceAsJson(device: ListedDevice): string {
  try {
    return asJson(describeDevice(device));
  } catch {
    const { id, type, identity } = device;
    const lastError = { code: 'INTERNAL', message: 'the state of this device cannot be shown' };
    return asJson({ id, type, ...identity, lastError, properties: [] });
  }
}

function describeDevice(device: ListedDevice): object {
  const { id, type, identity, configError, deviceTopic } = device;
  const snapshot = device.snapshot();
  const lastError = configError ?? snapshot?.lastError;
  return {
    id,
    type,
    ...identity,
    state: configError === undefined ? (snapshot?.state ?? 'idle') : 'misconfigured',
    ...(lastError === undefined ? {} : { lastError }),
    ...(snapshot?.lastSync === undefined ? {} : { lastSync: new Date(snapshot.lastSync).toISOString() }),
    properties: (snapshot?.properties ?? []).map(describeProperty),
    ...(deviceTopic === undefined
      ? {}
      : {
          mqtt: { topic: deviceTopic.topic, connected: deviceTopic.isConnected, queued: deviceTopic.status().queued },
        }),
  };
}

function describeProperty(state: PropertyState): object {
  const { name, type, unit, quality, error, updatedAt } = state;
  const value = valueJson(state);
  const time = updatedAt === undefined ? {} : { updatedAt: new Date(updatedAt).toISOString() };
  return { name, type, value, unit, quality, error, ...time };
}

/** JSON knows no bigint: where one is left in a status it is told by its value. */
const asJson = (body: unknown): string =>
  JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? integerToJson(value) : value));

function answer(response: Response, status: number, body: unknown): void {
  answerText(response, status, asJson(body));
}

function answerText(response: Response, status: number, json: string): void {
  response.status(status).type('application/json').send(json);
}
