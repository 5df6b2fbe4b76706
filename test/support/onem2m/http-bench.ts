import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpBinding, type HttpBindingOptions } from '../../../src/onem2m/binding/http/http.ts';
import { parseEndpoint, type Endpoint } from '../../../src/onem2m/binding/endpoint.ts';
import type { RequestPrimitive } from '../../../src/onem2m/primitive/primitives.ts';
import { fakePorts } from '../fakes/fake-clock.ts';

/** What ends after the test; the latest first. */
export const cleanUps: (() => unknown)[] = [];

export async function cleanUpAll(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}

/** A request that came in. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Starts a server on a free port, until the test ends. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTP server that keeps what it is sent and lets `answer` answer. */
export async function serve(
  answer: (response: ServerResponse, seen: Seen) => void,
): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const onRequest: RequestListener = (message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const { method = '', url = '', headers } = message;
      const one = { method, url, headers, body: Buffer.concat(chunks) };
      seen.push(one);
      answer(response, one);
    });
  };
  return { port: await listen(createServer(onRequest)), seen };
}

/** As a CSE answers. */
export const cse =
  (rsc: number, pc?: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse, { headers: asked }: Seen): void => {
    const identity = { 'X-M2M-RSC': String(rsc), 'X-M2M-RI': String(asked['x-m2m-ri']), 'X-M2M-RVI': '4' };
    response.writeHead(200, { ...identity, 'Content-Type': 'application/json', Server: 'ACME 1', ...headers });
    response.end(pc === undefined ? undefined : JSON.stringify(pc));
  };

/** An endpoint of text that is one. */
export function endpointOf(text: string): Endpoint {
  const result = parseEndpoint(text);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

export type Event = readonly [name: string, ...args: unknown[]];

/** A binding that was opened, and what it tells. */
export async function open(
  url: string,
  options: Partial<HttpBindingOptions> = {},
): Promise<{ binding: HttpBinding; events: Event[] }> {
  const binding = new HttpBinding({ endpoint: endpointOf(url), serialization: 'json', ports: fakePorts(), ...options });
  const events: Event[] = [];
  for (const name of ['up', 'down', 'problem', 'response', 'request', 'malformed'] as const) {
    binding.events.on(name, (...args: unknown[]) => events.push([name, ...args]));
  }
  cleanUps.push(() => binding.close());
  const up = once(binding.events, 'up');
  binding.open();
  await up;
  events.length = 0;
  return { binding, events };
}

export const never = (): AbortSignal => new AbortController().signal;

export const retrieve: RequestPrimitive = { op: 2, to: 'cse-in', fr: 'Cae', rqi: 'r1', rvi: '4' };
export const create: RequestPrimitive = { ...retrieve, op: 1, ty: 3, pc: { 'm2m:cnt': { rn: 'räume' } } };

/** What a rejected promise says. */
export const errorOf = (promise: Promise<unknown>): Promise<{ code: string; message: string; advice?: string }> =>
  promise.then(
    () => Promise.reject(new Error('it was fulfilled')),
    (error: unknown) => error as { code: string; message: string; advice?: string },
  );
