import { once } from 'node:events';
import { MqttBinding, type MqttBindingOptions } from '../../../src/onem2m/binding/mqtt/mqtt.ts';
import { ownConnection, type OwnConnectionOptions } from '../../../src/onem2m/binding/mqtt/own-connection.ts';
import { parseEndpoint } from '../../../src/onem2m/binding/endpoint.ts';
import { HandWrittenCse } from './hand-written-cse.ts';
import { Mosquitto, type MosquittoOptions } from '../mqtt/mosquitto.ts';
import { retrieve, Seen } from './mqtt-binding.ts';
import { realPorts } from '../mqtt/mqtt-options.ts';

interface OpenBinding {
  readonly binding: MqttBinding;
  readonly seen: Seen;
  readonly send: (rqi?: string, signal?: AbortSignal, registration?: 'reg_req') => Promise<void>;
}

/** Brokers, CSEs and bindings of one test; `clear` ends them, the newest first. */
export class OneM2MBench {
  private readonly cleanups: (() => Promise<void>)[] = [];

  /** To be called after each test. */
  async clear(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).reverse()) await cleanup();
  }

  onClear(cleanup: () => Promise<void>): void {
    this.cleanups.push(cleanup);
  }

  async startBroker(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const broker = await Mosquitto.start(options);
    this.onClear(() => broker.remove());
    return broker;
  }

  async startCse(
    { plain }: Mosquitto,
    account: { username?: string; password?: string } = {},
  ): Promise<HandWrittenCse> {
    const cse = await HandWrittenCse.connect(`mqtt://${plain.host}:${plain.port}`, 'in-cse', account);
    this.onClear(() => cse.end());
    return cse;
  }

  /** A binding with a connection of its own, opened. `address`: an endpoint without its CSE id. */
  create(
    address: string,
    changes: Partial<MqttBindingOptions> = {},
    own: Partial<OwnConnectionOptions> = {},
  ): OpenBinding {
    const endpoint = parseEndpoint(`${address}#in-cse`);
    if (!endpoint.ok) throw new Error(endpoint.message);
    const options = { clientId: 'A::Cae', credentials: {}, cleanSession: true, ...own };
    const broker = ownConnection(endpoint.value, options, realPorts);
    const binding = new MqttBinding({
      connection: broker,
      receiver: endpoint.value.cseID,
      spID: '//sp',
      serialization: 'json',
      fallbackLevel: 'dl-1234',
      pointOfAccess: [],
      forget: broker.forget,
      ports: realPorts,
      ...changes,
    });
    this.onClear(() => binding.close());
    const seen = new Seen(binding);
    binding.open();
    const send: OpenBinding['send'] = (rqi = 'r1', signal = new AbortController().signal, registration) =>
      binding.send(retrieve({ rqi }), { signal, ...(registration && { registration }) });
    return { binding, seen, send };
  }

  async createUp(...args: Parameters<OneM2MBench['create']>): Promise<OpenBinding> {
    const opened = this.create(...args);
    await once(opened.binding.events, 'up');
    return opened;
  }
}
