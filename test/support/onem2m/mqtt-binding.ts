import { DeviceError } from '../../../src/base/errors.ts';
import type { PeerTraits, ReceivedRequest } from '../../../src/onem2m/binding/binding.ts';
import { MqttBinding, type MqttBindingOptions } from '../../../src/onem2m/binding/mqtt/mqtt.ts';
import type {
  MalformedPrimitive,
  RequestPrimitive,
  ResponsePrimitive,
} from '../../../src/onem2m/primitive/primitives.ts';
import { fakePorts } from '../fakes/fake-clock.ts';
import { MemoryBroker } from '../mqtt/memory-broker.ts';

/** What an MQTT binding has told so far. */
export class Seen {
  readonly responses: [ResponsePrimitive, PeerTraits][] = [];
  readonly requests: ReceivedRequest[] = [];
  readonly malformed: MalformedPrimitive[] = [];
  readonly problems: DeviceError[] = [];
  /** `up`, or why it went down. */
  readonly links: string[] = [];

  constructor({ events }: MqttBinding) {
    events.on('response', (...response) => this.responses.push(response));
    events.on('request', (request) => this.requests.push(request));
    events.on('malformed', (malformed) => this.malformed.push(malformed));
    events.on('problem', (problem) => this.problems.push(problem));
    events.on('up', () => this.links.push('up'));
    events.on('down', ({ message }) => this.links.push(message));
  }
}

/** An MQTT binding that is open, over a broker in this process. */
export class BindingBench {
  readonly broker = new MemoryBroker();
  readonly ports = fakePorts();
  readonly binding: MqttBinding;
  readonly seen: Seen;

  constructor(changes: Partial<MqttBindingOptions> = {}, isConnected = true) {
    this.binding = new MqttBinding({
      connection: this.broker,
      receiver: '/in-cse',
      spID: '//sp',
      serialization: 'json',
      fallbackLevel: 'dl-1234',
      pointOfAccess: ['mqtt://127.0.0.1:1883'],
      ports: this.ports,
      ...changes,
    });
    this.seen = new Seen(this.binding);
    this.binding.open();
    if (isConnected) this.broker.connect();
  }

  get topics(): string[] {
    return this.broker.published.map(({ topic }) => topic);
  }

  send(changes: Partial<RequestPrimitive> = {}, registration?: 'req' | 'reg_req'): Promise<void> {
    const { signal } = new AbortController();
    return this.binding.send(retrieve(changes), { signal, ...(registration && { registration }) });
  }
}

export const retrieve = (changes: Partial<RequestPrimitive> = {}): RequestPrimitive => ({
  op: 2,
  to: 'cse-in',
  fr: 'Cae',
  rqi: 'r1',
  rvi: '4',
  ...changes,
});

/** The code of its error, or `resolved`. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof DeviceError ? error.code : String(error)),
  );
