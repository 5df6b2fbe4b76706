import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';

export interface PeerMessage {
  readonly topic: string;
  readonly payload: Buffer;
}

/** The receiving end of TS-0010 in a few lines of MQTT.js, independent of our own code. It answers as it is told to. */
export class HandWrittenCse {
  readonly received: PeerMessage[] = [];
  /** Where and what it answers; JSON with status 2000 on the topic of the specification by default. */
  answers: (message: PeerMessage) => readonly PeerMessage[] = ({ topic, payload }) => [
    { topic: responseTopic(topic), payload: answerTo(payload) },
  ];

  private constructor(private readonly mqtt: MqttClient) {
    mqtt.on('message', (topic, payload) => {
      this.received.push({ topic, payload });
      if (/\/(reg_)?req\//.test(topic))
        for (const answer of this.answers({ topic, payload })) void this.publish(answer);
    });
  }

  static async connect(url: string, id = 'in-cse', options: IClientOptions = {}): Promise<HandWrittenCse> {
    const cse = new HandWrittenCse(await connectAsync(url, { reconnectPeriod: 50, ...options }));
    await cse.mqtt.subscribeAsync([`/oneM2M/req/+/${id}/#`, `/oneM2M/reg_req/+/${id}/#`, `/oneM2M/resp/${id}/#`], {
      qos: 1,
    });
    return cse;
  }

  async publish({ topic, payload }: PeerMessage): Promise<void> {
    await this.mqtt.publishAsync(topic, payload, { qos: 1 });
  }

  get topics(): string[] {
    return this.received.map(({ topic }) => topic);
  }

  async end(): Promise<void> {
    await this.mqtt.endAsync(true);
  }
}

export const responseTopic = (topic: string): string => topic.replace(/\/(reg_)?req\//, '/$1resp/');

function answerTo(payload: Buffer): Buffer {
  const { rqi } = JSON.parse(payload.toString()) as { rqi: string };
  return Buffer.from(JSON.stringify({ rsc: 2000, rqi, to: 'Cae', fr: '/in-cse' }));
}
