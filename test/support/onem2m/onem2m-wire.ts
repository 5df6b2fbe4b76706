import { EventEmitter } from 'node:events';
import { connectAsync, type MqttClient } from 'mqtt';

export interface WirePrimitive {
  readonly op?: number;
  readonly rsc?: number;
  readonly rqi?: string;
  readonly rvi?: string;
  readonly fr?: string;
  readonly to?: string;
  readonly pc?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface WireMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** The payload taken apart, `{}` where it is no JSON. */
  readonly json: WirePrimitive;
}

export interface WireRequestOptions {
  readonly kind?: 'req' | 'reg_req';
  /** The originator's level of the topic, where it is not `fr`. */
  readonly level?: string;
}

let count = 0;

/**
 * Speaks TS-0010 with nothing but MQTT.js: what a CSE really sends and takes, independent of our own code. It sees all
 * answers, and the requests for the AEs it `serves`.
 */
export class WireClient {
  /** Everything that came in. */
  readonly messages: WireMessage[] = [];
  /** The status a notification is answered with; 0: not at all. */
  answer: (message: WireMessage) => number = () => 2000;
  private readonly events = new EventEmitter<{ message: [WireMessage] }>();

  private constructor(
    private readonly mqtt: MqttClient,
    private readonly receiver: string,
  ) {
    mqtt.on('message', (topic, payload) => {
      this.take(topic, payload);
    });
  }

  static async connect(url: string, receiver = 'id-in'): Promise<WireClient> {
    const client = new WireClient(await connectAsync(url), receiver);
    await client.mqtt.subscribeAsync([`/oneM2M/resp/+/${receiver}/#`, `/oneM2M/reg_resp/+/${receiver}/#`], { qos: 1 });
    return client;
  }

  async subscribe(filter: string): Promise<void> {
    await this.mqtt.subscribeAsync(filter, { qos: 1 });
  }

  /** Takes notifications for an AE-ID. */
  async serve(id: string): Promise<void> {
    await this.subscribe(`/oneM2M/req/+/${id}/#`);
  }

  async publish(topic: string, payload: string | Buffer): Promise<void> {
    await this.mqtt.publishAsync(topic, payload, { qos: 1 });
  }

  /** Sends a request (`rqi` and `rvi` are added) and answers with the message that answers it. */
  async exchange(request: object, { kind = 'req', level }: WireRequestOptions = {}): Promise<WireMessage> {
    const primitive: Record<string, unknown> = { rqi: `wire-${++count}`, rvi: '4', ...request };
    const answered = this.next(({ topic, json }) => /\/(reg_)?resp\//.test(topic) && json.rqi === primitive.rqi);
    const originator = level ?? String(primitive.fr);
    await this.publish(`/oneM2M/${kind}/${originator}/${this.receiver}/json`, JSON.stringify(primitive));
    return answered;
  }

  /** The response primitive to a request. */
  async request(request: object, options?: WireRequestOptions): Promise<WirePrimitive> {
    return (await this.exchange(request, options)).json;
  }

  /** The next message from now on that `matches`. */
  next(matches: (message: WireMessage) => boolean): Promise<WireMessage> {
    return new Promise((resolve) => {
      const take = (message: WireMessage): void => {
        if (!matches(message)) return;
        this.events.off('message', take);
        resolve(message);
      };
      this.events.on('message', take);
    });
  }

  async end(): Promise<void> {
    await this.mqtt.endAsync();
  }

  private take(topic: string, payload: Buffer): void {
    const message = { topic, payload, json: parse(payload) };
    this.messages.push(message);
    this.events.emit('message', message);
    if (message.json.op !== 5) return;
    const rsc = this.answer(message);
    if (rsc === 0) return;
    const { rqi, rvi, fr, to } = message.json;
    const answer = JSON.stringify({ rsc, rqi, rvi, fr: to, to: fr });
    this.mqtt.publish(topic.replace('/req/', '/resp/'), answer, { qos: 1 });
  }
}

function parse(payload: Buffer): WirePrimitive {
  try {
    return JSON.parse(payload.toString()) as WirePrimitive;
  } catch {
    return {};
  }
}
