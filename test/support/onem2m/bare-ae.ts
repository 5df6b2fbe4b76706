import mqtt, { type MqttClient } from 'mqtt';

type Members = Readonly<Record<string, unknown>>;

export interface Seen {
  readonly topic: string;
  readonly payload: Buffer;
}

export interface RequestForm {
  /** Second level of the topic: `req` (default) or `reg_req`. */
  readonly kind?: 'req' | 'reg_req';
  /** Last level of the topic. Default `json`; undefined: there is none. */
  readonly type?: string | undefined;
  /** Level of the originator. Default: `fr`. */
  readonly level?: string;
}

/** So that no two requests of a test file have the same `rqi`. */
let count = 0;

/** An AE that is nothing but an MQTT client: what it sees is what went over the wire. */
export class BareAe {
  readonly seen: Seen[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly client: MqttClient,
    /** The CSE-ID without its slash. */
    private readonly cse: string,
  ) {
    client.on('message', (topic, payload) => {
      this.seen.push({ topic, payload });
      for (const check of [...this.waiting]) check();
    });
  }

  static async start(brokerUrl: string, cse: string): Promise<BareAe> {
    const client = await mqtt.connectAsync(brokerUrl.replace(/^tcp:/, 'mqtt:'));
    const ae = new BareAe(client, cse);
    await client.subscribeAsync(['#'], { qos: 1 });
    return ae;
  }

  async stop(): Promise<void> {
    await this.client.endAsync(true);
  }

  async publish(topic: string, primitive: Members | string | Buffer): Promise<void> {
    const isRaw = typeof primitive === 'string' || Buffer.isBuffer(primitive);
    await this.client.publishAsync(topic, isRaw ? primitive : JSON.stringify(primitive), { qos: 1 });
  }

  /** Publishes a request; `fr` is `Cae`, `rvi` is `3` and `rqi` a new one where they are not given. @returns its `rqi` */
  async send(members: Members, { kind = 'req', ...form }: RequestForm = {}): Promise<string> {
    count += 1;
    const request = { fr: 'Cae', rqi: `q${count}`, rvi: '3', ...members };
    const type = 'type' in form ? form.type : 'json';
    const topic = `/oneM2M/${kind}/${form.level ?? request.fr}/${this.cse}`;
    await this.publish(type === undefined ? topic : `${topic}/${type}`, request);
    return request.rqi;
  }

  /** As `send`, and waits for the answer. */
  async ask(members: Members, form: RequestForm = {}): Promise<Members> {
    return parse(await this.answerTo(await this.send(members, form)));
  }

  async answerTo(rqi: string): Promise<Seen> {
    return this.next((each) => /^\/oneM2M\/(reg_)?resp\//.test(each.topic) && parse(each)['rqi'] === rqi);
  }

  /** The first message of all that matches, waited for if need be. */
  async next(matches: (seen: Seen) => boolean): Promise<Seen> {
    return (await this.many(1, matches))[0] as Seen;
  }

  async many(count: number, matches: (seen: Seen) => boolean): Promise<Seen[]> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = this.seen.filter(matches);
        if (found.length < count) return;
        this.waiting.delete(check);
        resolve(found);
      };
      this.waiting.add(check);
      check();
    });
  }
}

/** The primitive in a message; empty where there is none. */
export function parse({ payload }: Seen): Members {
  try {
    return JSON.parse(payload.toString()) as Members;
  } catch {
    return {};
  }
}
