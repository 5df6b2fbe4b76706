import { AcmeCse, type AcmeOptions } from './acme.ts';
import { freePort } from '../../system/free-port.ts';
import { Mosquitto } from '../../mqtt/mosquitto.ts';
import { TestAe, type TestAeOptions } from '../onem2m-ae.ts';

/** A broker and an ACME that speaks every binding at once, and the AEs a test has started there. */
export class AcmeBench {
  private readonly entities: TestAe[] = [];
  private count = 0;

  private constructor(
    readonly broker: Mosquitto,
    readonly cse: AcmeCse,
  ) {}

  static async start(options: AcmeOptions = {}): Promise<AcmeBench> {
    // Else each message waits 43 ms at the broker, which is most of the time of a test.
    const broker = await Mosquitto.start({ lines: ['set_tcp_nodelay true'] });
    const cse = await AcmeCse.start({ broker, websocket: true, ...options });
    return new AcmeBench(broker, cse);
  }

  /** A name no other AE of this file has. */
  newName(): string {
    return `ae${++this.count}`;
  }

  /** Starts an AE that speaks by `transport`, and waits until it is healthy. */
  async startAe(transport: Transport, options: BenchAeOptions = {}): Promise<TestAe> {
    const ae = await this.createAe(transport, options);
    ae.entity.start();
    await ae.whenHealthy();
    return ae;
  }

  async createAe(transport: Transport, options: BenchAeOptions = {}): Promise<TestAe> {
    const { properties, ...others } = options;
    const all = { ...(await transport.properties(this)), ...properties };
    const ae = TestAe.create({ name: this.newName(), ...others, properties: all });
    this.entities.push(ae);
    return ae;
  }

  /** Closes the AEs of a test. */
  async clear(): Promise<void> {
    await Promise.all(this.entities.splice(0).map((ae) => ae.close()));
  }

  async remove(): Promise<void> {
    await this.clear();
    await this.cse.remove();
    await this.broker.remove();
  }
}

export type BenchAeOptions = Partial<Omit<TestAeOptions, 'properties'>> & {
  readonly properties?: Readonly<Record<string, unknown>>;
};

/** A way for an AE to speak with a CSE: for its requests, and for the notifications to it. */
export interface Transport {
  readonly name: string;
  properties(bench: AcmeBench): Promise<{ readonly endpoint: string } & Readonly<Record<string, unknown>>>;
}

const mqttEndpoint = ({ broker, cse }: AcmeBench): string => `${broker.url}#${cse.id.slice(1)}`;
const listener = async (): Promise<string> => `http://127.0.0.1:${await freePort()}/notify`;

export const MQTT: Transport = {
  name: 'MQTT',
  properties: (bench) => Promise.resolve({ endpoint: mqttEndpoint(bench) }),
};

export const HTTP: Transport = {
  name: 'HTTP',
  properties: async ({ cse }) => ({ endpoint: cse.httpUrl, notify: await listener() }),
};

export const WEBSOCKET: Transport = {
  name: 'WebSocket',
  properties: ({ cse }) => Promise.resolve({ endpoint: cse.websocketUrl, binding: 'websocket' }),
};

/** Requests by HTTP, notifications by MQTT, and the reverse. */
export const HTTP_AND_MQTT: Transport = {
  name: 'HTTP, notified by MQTT',
  properties: (bench) => Promise.resolve({ endpoint: bench.cse.httpUrl, notify: mqttEndpoint(bench) }),
};

export const MQTT_AND_HTTP: Transport = {
  name: 'MQTT, notified by HTTP',
  properties: async (bench) => ({ endpoint: mqttEndpoint(bench), notify: await listener() }),
};

/** Through a polling channel. */
export const HTTP_POLL: Transport = {
  name: 'HTTP with a polling channel',
  properties: ({ cse }) => Promise.resolve({ endpoint: cse.httpUrl, notify: 'poll' }),
};

export const MQTT_POLL: Transport = {
  name: 'MQTT with a polling channel',
  properties: (bench) => Promise.resolve({ endpoint: mqttEndpoint(bench), notify: 'poll' }),
};
