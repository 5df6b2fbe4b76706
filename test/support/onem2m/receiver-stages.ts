import { once } from 'node:events';
import type {
  Binding,
  BindingName,
  RequestReceiver,
  RequestSender,
  SendOptions,
  SenderFacts,
} from '../../../src/onem2m/binding/binding.ts';
import { HttpBinding } from '../../../src/onem2m/binding/http/http.ts';
import { HttpReceiver } from '../../../src/onem2m/binding/http/receiver.ts';
import { HttpSender } from '../../../src/onem2m/binding/http/sender.ts';
import { MqttBinding, type MqttBindingOptions } from '../../../src/onem2m/binding/mqtt/mqtt.ts';
import { ownConnection } from '../../../src/onem2m/binding/mqtt/own-connection.ts';
import { WebSocketReceiver } from '../../../src/onem2m/binding/websocket/receiver.ts';
import { WebSocketBinding } from '../../../src/onem2m/binding/websocket/websocket.ts';
import type { Serialization } from '../../../src/onem2m/primitive/codec.ts';
import { InProcessBroker } from '../mqtt/in-process-broker.ts';
import { realPorts } from '../mqtt/mqtt-options.ts';
import { endpoint } from './onem2m-exchange.ts';

/** The CSE that is served, and its name as an originator. */
export const CSE_ID = '/in-cse';

/** An originator at a CSE of one transport. */
export interface Peer {
  readonly originator: string;
  readonly binding: Binding;
  /** How the CSE sends to it. */
  readonly back: Pick<SendOptions, 'receiver' | 'pointOfAccess'>;
  /** What the CSE's receiver is to know of it. */
  readonly facts: SenderFacts;
  /** Goes away in the middle of a request: `signal` was given with it. */
  readonly vanish: (withdraw: AbortController) => unknown;
}

/** A receiver for a whole CSE, its sender, and the peers that come. All that was made ends with `clear`. */
export interface Stage {
  readonly receiver: RequestReceiver;
  readonly sender: RequestSender;
  connect(originator: string, serialization?: Serialization): Promise<Peer>;
  clear(): Promise<void>;
}

export interface ReceiverTransport {
  readonly name: BindingName;
  start(): Promise<Stage>;
}

/** What ends with the stage, the latest first. */
class CleanUps {
  private readonly all: (() => Promise<unknown>)[] = [];

  add<T extends { close(): Promise<void> }>(one: T): T {
    this.all.push(() => one.close());
    return one;
  }

  then(cleanUp: () => Promise<unknown>): void {
    this.all.push(cleanUp);
  }

  async clear(): Promise<void> {
    for (const cleanUp of this.all.splice(0).reverse()) await cleanUp();
  }
}

async function up<T extends RequestSender | RequestReceiver>(one: T): Promise<T> {
  const isUp = once(one.events, 'up');
  one.open();
  await isUp;
  return one;
}

/** A binding over the broker, for a CSE or an AE. */
export function mqttBinding(url: string, clientId: string, changes: Partial<MqttBindingOptions> = {}): MqttBinding {
  const address = endpoint(url);
  return new MqttBinding({
    connection: ownConnection(address, { clientId, credentials: {}, cleanSession: true }, realPorts),
    server: address.server,
    receiver: CSE_ID,
    spID: '',
    serialization: 'json',
    fallbackLevel: clientId,
    pointOfAccess: [],
    ports: realPorts,
    ...changes,
  });
}

const mqtt: ReceiverTransport = {
  name: 'mqtt',
  async start() {
    const cleanUps = new CleanUps();
    const broker = await InProcessBroker.start();
    cleanUps.then(() => broker.stop());
    const cse = cleanUps.add(mqttBinding(broker.url, 'C::in-cse', { topicOriginator: CSE_ID }));
    await up(cse);
    await cse.serve(CSE_ID);
    return {
      receiver: cse,
      sender: cse,
      clear: () => cleanUps.clear(),
      async connect(originator, serialization = 'json') {
        const binding = cleanUps.add(mqttBinding(broker.url, `A::${originator}`, { serialization }));
        await up(binding);
        await binding.listen(originator);
        return {
          originator,
          binding,
          back: { receiver: originator },
          facts: { originator },
          // A broker tells nobody that somebody else is gone.
          vanish: () => broker.cut(),
        };
      },
    };
  },
};

const http: ReceiverTransport = {
  name: 'http',
  async start() {
    const cleanUps = new CleanUps();
    const listener = { host: '127.0.0.1', port: 0 };
    const receiver = cleanUps.add(new HttpReceiver({ ports: realPorts, path: '', listener, answerWithinMs: 60_000 }));
    await up(receiver);
    await receiver.serve(CSE_ID);
    const sender = await up(cleanUps.add(new HttpSender({ ports: realPorts, serialization: 'json' })));
    return {
      receiver,
      sender,
      clear: () => cleanUps.clear(),
      async connect(originator, serialization = 'json') {
        const own = new HttpReceiver({ ports: realPorts, path: '/notify', listener });
        const [url = ''] = receiver.pointOfAccess;
        const binding = cleanUps.add(
          new HttpBinding({ endpoint: endpoint(url), serialization, ports: realPorts, receiver: own }),
        );
        await up(binding);
        await binding.listen(originator);
        const [pointOfAccess = ''] = binding.pointOfAccess;
        return {
          originator,
          binding,
          back: { pointOfAccess },
          facts: { address: '127.0.0.1' },
          vanish: (withdraw) => withdraw.abort(),
        };
      },
    };
  },
};

const websocket: ReceiverTransport = {
  name: 'websocket',
  async start() {
    const cleanUps = new CleanUps();
    const listener = { host: '127.0.0.1', port: 0 };
    const cse = cleanUps.add(new WebSocketReceiver({ ports: realPorts, path: '', listener }));
    await up(cse);
    await cse.serve();
    return {
      receiver: cse,
      sender: cse,
      clear: () => cleanUps.clear(),
      async connect(originator, serialization = 'json') {
        const [url = ''] = cse.pointOfAccess;
        const binding = cleanUps.add(
          new WebSocketBinding({ endpoint: endpoint(url), serialization, ports: realPorts }),
        );
        await binding.listen(originator);
        await up(binding);
        return {
          originator,
          binding,
          back: { receiver: originator, pointOfAccess: 'ws://default' },
          facts: { address: '127.0.0.1', originator },
          vanish: () => binding.close(),
        };
      },
    };
  },
};

export const RECEIVER_TRANSPORTS: readonly ReceiverTransport[] = [mqtt, http, websocket];
