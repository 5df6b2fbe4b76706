import mqtt from 'mqtt';
import { receive } from './receive.mjs';
import { decode, encode } from './wire.mjs';
import { Refusal } from './base/refusal.mjs';

const RECONNECT_MS = 200;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** The MQTT binding (TS-0010) of a CSE. */
export class MqttTransport {
  #cse;
  /** By address: the own broker's client first, and those of other brokers that points of access name. */
  #clients = new Map();
  #own;

  constructor(cse, brokerUrl) {
    this.#cse = cse;
    this.#own = addressOf(brokerUrl);
  }

  async start() {
    await this.#clientFor(this.#own);
  }

  async stop() {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map(async (client) => (await client.catch(() => undefined))?.endAsync(true)));
  }

  /** @param address URL of the broker; default: our own. What cannot be sent is lost. */
  async publish(topic, primitive, address = this.#own) {
    const { habits } = this.#cse;
    const serialization = topic.endsWith('/cbor') ? 'cbor' : 'json';
    const client = await this.#clientFor(addressOf(address)).catch(() => undefined);
    if (client !== undefined) await this.#send(client, topic, encode(primitive, serialization, habits), habits.qos);
  }

  async #send(client, topic, payload, qos) {
    await client.publishAsync(topic, payload, { qos }).catch(() => undefined);
  }

  #clientFor(address) {
    const key = isSame(address, this.#own) ? this.#own : address;
    if (!this.#clients.has(key)) {
      const client = this.#connect(key);
      client.catch(() => this.#clients.delete(key));
      this.#clients.set(key, client);
    }
    return this.#clients.get(key);
  }

  async #connect(address) {
    const { name, habits } = this.#cse;
    const { keepsSession = false } = this.#cse.options;
    const options = { clientId: `C::${name}`, clean: !keepsSession, reconnectPeriod: RECONNECT_MS, protocolVersion: 4 };
    // A first attempt that fails is told; a connection that is lost later is made again.
    const client = await mqtt.connectAsync(address, options, false);
    // Small messages that wait for each other are what Nagle's algorithm delays.
    const setNoDelay = () => client.stream.setNoDelay?.(true);
    setNoDelay();
    client.on('connect', setNoDelay);
    client.on('error', () => undefined);
    client.on('message', (topic, payload) => {
      this.#take(client, topic, payload).catch((error) => this.#cse.failed(error));
    });
    const filters = habits.subscribes.map((filter) => `/oneM2M/${filter.replace('{cse}', name)}`);
    await client.subscribeAsync(filters, { qos: habits.qos });
    return client;
  }

  async #take(client, topic, payload) {
    const [, , kind, level, receiver, type] = topic.split('/');
    const { habits } = this.#cse;
    if (type === undefined && habits.needsSerializationLevel) return;
    let serialization = type ?? 'json';
    const isSpoken = habits.serializations.includes(serialization);
    if (!isSpoken && habits.otherSerialization === 'drop') return;
    if (!isSpoken) serialization = 'json';
    const primitive = decode(payload, serialization);
    if (kind === 'resp' || kind === 'reg_resp') {
      if (primitive !== undefined) this.#cse.outgoing.settle(primitive['m2m:rsp'] ?? primitive);
      return;
    }
    if (primitive === undefined && habits.malformed === 'silence') return;
    const source = { transport: 'mqtt', level, isRegistration: kind === 'reg_req' };
    const response =
      isSpoken || habits.otherSerialization === 'json'
        ? await receive(this.#cse, primitive, source)
        : this.#cse.refuse(primitive, new Refusal(4015, `serialization is not supported: ${type}`));
    const bare = `/oneM2M/${kind === 'reg_req' ? 'reg_resp' : 'resp'}/${level}/${receiver}`;
    for (const body of this.#cse.bodies(response, serialization, primitive)) {
      for (const form of habits.answerTopics) {
        await this.#send(client, form === 'bare' || type === undefined ? bare : `${bare}/${type}`, body, habits.qos);
      }
    }
    this.#cse.flush();
  }
}

const addressOf = (url) => url.replace(/^tcp:/, 'mqtt:').replace(/#.*$/, '');

/** Whether two addresses name the same broker, as far as one can tell. */
function isSame(one, other) {
  const [a, b] = [new URL(one), new URL(other)];
  const isHere = LOOPBACK.has(a.hostname) && LOOPBACK.has(b.hostname);
  return (isHere || a.hostname === b.hostname) && (a.port || '1883') === (b.port || '1883');
}
